package dev.certfleet.server.signing;

import dev.certfleet.server.x509.LintedCertificate;

/** Signs linted certificates with an authority's key: the only way in which a certificate comes to be signed. */
public final class Issuer {
    private final SigningKey key;

    public Issuer(SigningKey key) {
        this.key = key;
    }

    /**
     * Signs, and checks the signature before it leaves: one that a fault spoilt could give the key away, and would be found
     * out by whoever relies on the certificate.
     *
     * @return the certificate, DER
     * @throws IllegalStateException where this certificate was signed before: each is good for one signature
     */
    public byte[] sign(LintedCertificate certificate) {
        byte[] contents = certificate.tbs();
        byte[] signature = key.sign(contents);
        if (!Signatures.verify(key.algorithm(), key.publicKey(), contents, signature)) {
            throw new IllegalStateException("the signature of serial " + certificate.serial() + " came out wrong");
        }
        return certificate.signedWith(certificate.signatureAlgorithm(), signature);
    }
}
