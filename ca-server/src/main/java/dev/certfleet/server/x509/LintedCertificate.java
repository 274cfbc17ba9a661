package dev.certfleet.server.x509;

import org.bouncycastle.asn1.x509.AlgorithmIdentifier;

/** A certificate that passed every lint and lacks only its signature, which it takes once. Only {@link Linter} makes them. */
public final class LintedCertificate {
    private final CertificateContents contents;
    private final Serial serial;
    private final byte[] tbs;
    private final AlgorithmIdentifier signatureAlgorithm;

    LintedCertificate(CertificateContents contents, Serial serial, byte[] tbs, AlgorithmIdentifier signatureAlgorithm) {
        this.contents = contents;
        this.serial = serial;
        this.tbs = tbs.clone();
        this.signatureAlgorithm = signatureAlgorithm;
    }

    public CertificateContents contents() {
        return contents;
    }

    public Serial serial() {
        return serial;
    }

    /** The TBSCertificate in DER: what is recorded first and then signed. */
    public byte[] tbs() {
        return tbs.clone();
    }

    /** What the certificate says it is signed with. */
    public AlgorithmIdentifier signatureAlgorithm() {
        return signatureAlgorithm;
    }

    /**
     * The certificate in DER.
     *
     * @throws IllegalArgumentException where the algorithm is not {@link #signatureAlgorithm()}
     * @throws IllegalStateException the second time
     */
    public byte[] signedWith(AlgorithmIdentifier algorithm, byte[] signature) {
        return Skeleton.missing(contents, tbs);
    }
}
