package dev.certfleet.pki.wire;

/**
 * A certificate as issuance and renewal answer it.
 *
 * @param id SHA-256 fingerprint of the DER encoding, 64 lowercase hexadecimal digits
 * @param serial lowercase hexadecimal
 * @param profile the profile's label
 * @param notBefore RFC 3339
 * @param notAfter RFC 3339
 * @param certificate the certificate, PEM
 * @param chain the issuing authority's certificate, PEM
 */
public record IssuedCertificate(
        String id,
        String serial,
        String profile,
        String notBefore,
        String notAfter,
        String certificate,
        String chain) {}
