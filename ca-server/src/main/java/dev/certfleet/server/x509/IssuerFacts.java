package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import java.io.IOException;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;

/**
 * What a certificate says of its issuer, and what bounds it.
 *
 * @param name the issuer's subject, exactly as its certificate has it
 * @param keyId its subject key identifier
 * @param keyAlgorithm its key's algorithm, which fixes the signature algorithm
 * @param validity its own validity
 */
public record IssuerFacts(X500Name name, byte[] keyId, KeyAlgorithm keyAlgorithm, Validity validity) {
    public IssuerFacts {
        keyId = keyId.clone();
    }

    /**
     * From the issuer's certificate in DER.
     *
     * <p>A CA made by an old Go may lack the subject key identifier. Its certificates then carry the identifier that certfleet
     * would have given its key: nobody can compare it (RFC 5280 section 4.2.1.1).
     *
     * @throws IllegalArgumentException where it cannot be read or has a key of another kind
     */
    public static IssuerFacts of(byte[] certificate) {
        try {
            X509CertificateHolder issuer = new X509CertificateHolder(certificate);
            SubjectKeyIdentifier keyId = SubjectKeyIdentifier.fromExtensions(issuer.getExtensions());
            return new IssuerFacts(
                    issuer.getSubject(),
                    keyId == null ? KeyIds.of(issuer.getSubjectPublicKeyInfo()) : keyId.getKeyIdentifier(),
                    algorithm(issuer.getSubjectPublicKeyInfo()),
                    new Validity(
                            issuer.getNotBefore().toInstant(),
                            issuer.getNotAfter().toInstant()));
        } catch (IOException e) {
            throw new IllegalArgumentException("the issuer's certificate cannot be read", e);
        }
    }

    /** For an authority that signs itself. */
    public static IssuerFacts selfSigned(CertificateContents authority) {
        return new IssuerFacts(
                authority.subject().toName(),
                KeyIds.of(authority.key()),
                algorithm(authority.key()),
                authority.validity());
    }

    @Override
    public byte[] keyId() {
        return keyId.clone();
    }

    /** What it signs with. */
    public AlgorithmIdentifier signatureAlgorithm() {
        return KeyAlgorithms.signature(keyAlgorithm);
    }

    private static KeyAlgorithm algorithm(SubjectPublicKeyInfo key) {
        return KeyAlgorithms.of(key)
                .orElseThrow(() -> new IllegalArgumentException(
                        "an issuer's key is P-256, P-384, RSA of 2048, 3072 or 4096 bits, or Ed25519"));
    }
}
