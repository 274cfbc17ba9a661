package dev.certfleet.pki.wire;

/**
 * A control-plane node asks the others for the service-account key pair.
 *
 * @param node the asking node's name
 * @param certificate its identity, PEM
 * @param agreementKey its public key for this one agreement: SubjectPublicKeyInfo of a P-256 key, Base64
 * @param signature by the identity's key over what the agent's {@code Transcript} makes of this, Base64
 */
public record KeyRequest(String node, String certificate, String agreementKey, String signature) {}
