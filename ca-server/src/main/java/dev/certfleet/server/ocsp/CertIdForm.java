package dev.certfleet.server.ocsp;

import dev.certfleet.pki.der.DerWriter;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * How requests write a CertID (RFC 6960 section 4.1.1): by which hash, and with NULL or nothing as that algorithm's
 * parameters. Clients look for theirs in the answer octet for octet, so all are kept apart.
 */
enum CertIdForm {
    /** What RFC 5019 section 2.1.1 has every client send; answers for it are signed ahead. */
    SHA1("1.3.14.3.2.26", "SHA-1", true),
    SHA1_BARE("1.3.14.3.2.26", "SHA-1", false),
    /** What {@code openssl ocsp -sha256} sends. */
    SHA256("2.16.840.1.101.3.4.2.1", "SHA-256", true),
    SHA256_BARE("2.16.840.1.101.3.4.2.1", "SHA-256", false);

    private final String identifier;
    private final String hash;
    private final boolean parameters;

    CertIdForm(String identifier, String hash, boolean parameters) {
        this.identifier = identifier;
        this.hash = hash;
        this.parameters = parameters;
    }

    /** The algorithm's object identifier. */
    String identifier() {
        return identifier;
    }

    /** What a CertID of an issuer's holds before the serial: AlgorithmIdentifier and the two hashes. */
    byte[] beginning(byte[] issuerName, byte[] issuerKey) {
        return new DerWriter(96)
                .sequence(algorithm -> {
                    algorithm.objectIdentifier(identifier);
                    if (parameters) {
                        algorithm.nothing();
                    }
                })
                .octetString(digest(issuerName))
                .octetString(digest(issuerKey))
                .toByteArray();
    }

    byte[] digest(byte[] octets) {
        try {
            return MessageDigest.getInstance(hash).digest(octets);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + hash, e);
        }
    }
}
