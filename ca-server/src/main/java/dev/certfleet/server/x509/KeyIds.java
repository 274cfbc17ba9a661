package dev.certfleet.server.x509;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/**
 * Key identifiers by method 1 of RFC 7093 section 2: the leftmost 160 bits of SHA-256 over the subjectPublicKey bit string. As
 * long as the SHA-1 of RFC 5280 section 4.2.1.2, without its SHA-1.
 */
public final class KeyIds {
    private static final int OCTETS = 20;

    private KeyIds() {}

    /** The subject key identifier of a key. */
    public static byte[] of(SubjectPublicKeyInfo key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(key.getPublicKeyData().getOctets());
            return Arrays.copyOf(digest, OCTETS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
