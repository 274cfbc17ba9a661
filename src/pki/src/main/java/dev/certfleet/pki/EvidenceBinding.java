package dev.certfleet.pki;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** What ties a node's evidence to the key it asks a certificate for: evidence that was copied is worth nothing to another key. */
public final class EvidenceBinding {
    private EvidenceBinding() {}

    /**
     * The qualifying data of a TPM's quote: SHA-256 over the challenge, a line feed and the key.
     *
     * @param challenge as the server gave it
     * @param publicKey the key to be certified, SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7)
     */
    public static byte[] quote(String challenge, byte[] publicKey) {
        MessageDigest digest = sha256();
        digest.update((challenge + "\n").getBytes(StandardCharsets.UTF_8));
        return digest.digest(publicKey);
    }

    /**
     * The nonce of an identity document whose issuer takes one: SHA-256 over the key in base64url without padding (RFC 4648
     * section 5), 43 characters.
     *
     * @param publicKey the key to be certified, SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7)
     */
    public static String nonce(byte[] publicKey) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sha256().digest(publicKey));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
