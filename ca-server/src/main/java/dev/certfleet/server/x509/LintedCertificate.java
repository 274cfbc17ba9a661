package dev.certfleet.server.x509;

import java.util.concurrent.atomic.AtomicBoolean;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;

/**
 * A certificate that passed every lint and lacks only its signature, which it takes once. Only {@link Linter} makes them, and
 * nothing else can be signed: what an issuer signs is {@link #tbs()} of one of these.
 */
public final class LintedCertificate {
    private final CertificateContents contents;
    private final Serial serial;
    private final byte[] tbs;
    private final AlgorithmIdentifier signatureAlgorithm;
    private final AtomicBoolean used = new AtomicBoolean();

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
     * The certificate in DER. It is for the caller to know that the signature verifies.
     *
     * @throws IllegalArgumentException where the algorithm is not {@link #signatureAlgorithm()}; the certificate is not used up
     * @throws IllegalStateException the second time
     */
    public byte[] signedWith(AlgorithmIdentifier algorithm, byte[] signature) {
        if (!signatureAlgorithm.equals(algorithm)) {
            throw new IllegalArgumentException("the certificate " + serial + " is to be signed with "
                    + signatureAlgorithm.getAlgorithm() + ", not " + algorithm.getAlgorithm());
        }
        if (!used.compareAndSet(false, true)) {
            throw new IllegalStateException("the certificate " + serial + " was signed before");
        }
        return Signed.assemble(tbs, algorithm, signature);
    }
}
