package dev.certfleet.server.signing;

import dev.certfleet.server.x509.LintedCertificate;

/** Signs linted certificates with an authority's key: the only way in which a certificate comes to be signed. */
public final class Issuer {
    private final SigningKey key;

    public Issuer(SigningKey key) {
        this.key = key;
    }

    /**
     * @return the certificate, DER
     * @throws IllegalStateException where this certificate was signed before: each is good for one signature
     */
    public byte[] sign(LintedCertificate certificate) {
        return certificate.signedWith(certificate.signatureAlgorithm(), key.sign(certificate.tbs()));
    }
}
