package dev.certfleet.pki.wire;

/**
 * The service-account key pair, sealed by a node that has it for one that asked.
 *
 * @param receiver the name of the node that asked
 * @param agreementKey what it asked with, Base64
 * @param sender the name of the node that sealed
 * @param certificate the sender's identity, PEM
 * @param ephemeralKey the sender's public key for this one agreement: SubjectPublicKeyInfo of a P-256 key, Base64
 * @param ciphertext AES-256-GCM with its tag, Base64
 * @param signature by the sender's identity's key over all this, Base64
 */
public record SealedKey(
        String receiver,
        String agreementKey,
        String sender,
        String certificate,
        String ephemeralKey,
        String ciphertext,
        String signature) {}
