package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import org.bouncycastle.asn1.x500.X500Name;

/**
 * What a certificate says of its issuer, and what bounds it.
 *
 * @param name the issuer's subject, exactly as its certificate has it
 * @param keyId its subject key identifier
 * @param keyAlgorithm its key's algorithm, which fixes the signature algorithm
 * @param validity its own validity
 */
public record IssuerFacts(X500Name name, byte[] keyId, KeyAlgorithm keyAlgorithm, Validity validity) {
    /** From the issuer's certificate in DER. */
    public static IssuerFacts of(byte[] certificate) {
        return Skeleton.missing();
    }

    /** For an authority that signs itself. */
    public static IssuerFacts selfSigned(CertificateContents authority) {
        return Skeleton.missing();
    }
}
