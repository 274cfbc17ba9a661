package dev.certfleet.pki.ocsp;

import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.der.DerReader;
import dev.certfleet.pki.der.DerWriter;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.HexFormat;

/**
 * How OCSP names a certificate (RFC 6960 section 4.1.1): by its issuer's name and key, hashed, and its serial number.
 *
 * @param issuerNameHash lowercase hexadecimal
 * @param issuerKeyHash lowercase hexadecimal
 */
public record CertId(Digest digest, String issuerNameHash, String issuerKeyHash, BigInteger serial) {
    /** What the issuer is hashed with. */
    public enum Digest {
        /** Not a matter of security here; RFC 5019 responders know nothing else. */
        SHA1("SHA-1", "1.3.14.3.2.26"),
        SHA256("SHA-256", "2.16.840.1.101.3.4.2.1");

        private final String algorithm;
        private final String oid;

        Digest(String algorithm, String oid) {
            this.algorithm = algorithm;
            this.oid = oid;
        }

        String hash(byte[] data) {
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance(algorithm).digest(data));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has " + algorithm, e);
            }
        }
    }

    /** The name of the certificate with this serial number from this issuer. */
    public static CertId of(Digest digest, X509Certificate issuer, BigInteger serial) {
        return new CertId(
                digest,
                digest.hash(issuer.getSubjectX500Principal().getEncoded()),
                digest.hash(keyOctets(issuer.getPublicKey())),
                serial);
    }

    /** The contents of the BIT STRING in a SubjectPublicKeyInfo, which is what OCSP hashes. */
    static byte[] keyOctets(PublicKey key) {
        try {
            DerReader info = DerReader.of(key.getEncoded()).sequence();
            info.skip();
            return info.bitString();
        } catch (DerException e) {
            throw new IllegalArgumentException("not a SubjectPublicKeyInfo: " + e.getMessage(), e);
        }
    }

    void write(DerWriter writer) {
        HexFormat hex = HexFormat.of();
        writer.sequence(id -> id.sequence(
                        algorithm -> algorithm.objectIdentifier(digest.oid).nothing())
                .octetString(hex.parseHex(issuerNameHash))
                .octetString(hex.parseHex(issuerKeyHash))
                .integer(serial));
    }

    static CertId read(DerReader reader) throws DerException {
        DerReader id = reader.sequence();
        DerReader algorithm = id.sequence();
        Digest digest = digest(algorithm.objectIdentifier());
        if (algorithm.hasMore()) {
            algorithm.nothing();
        }
        algorithm.end();
        HexFormat hex = HexFormat.of();
        CertId result =
                new CertId(digest, hex.formatHex(id.octetString()), hex.formatHex(id.octetString()), id.integer());
        id.end();
        return result;
    }

    private static Digest digest(String oid) throws DerException {
        for (Digest digest : Digest.values()) {
            if (digest.oid.equals(oid)) {
                return digest;
            }
        }
        throw new DerException("a certificate named by an unknown hash " + oid);
    }
}
