package dev.certfleet.server.x509;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/**
 * SHA-256 over the DER of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): what a public key is called, whichever
 * certificates carry it.
 *
 * @param hex 64 lowercase hexadecimal digits
 */
public record KeyHash(String hex) {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}");

    public KeyHash {
        if (!FORM.matcher(hex).matches()) {
            throw new IllegalArgumentException("a key's hash is 64 lowercase hexadecimal digits");
        }
    }

    /** The hash of a key. */
    public static KeyHash of(SubjectPublicKeyInfo key) {
        try {
            return of(MessageDigest.getInstance("SHA-256").digest(key.getEncoded("DER")));
        } catch (NoSuchAlgorithmException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The hash of the key that a certificate in DER carries. */
    public static KeyHash ofCertificate(byte[] certificate) {
        return of(Certificate.getInstance(certificate).getSubjectPublicKeyInfo());
    }

    /** @throws IllegalArgumentException unless there are 32 octets */
    public static KeyHash of(byte[] octets) {
        return new KeyHash(HexFormat.of().formatHex(octets));
    }

    /** The 32 octets. */
    public byte[] bytes() {
        return HexFormat.of().parseHex(hex);
    }

    @Override
    public String toString() {
        return hex;
    }
}
