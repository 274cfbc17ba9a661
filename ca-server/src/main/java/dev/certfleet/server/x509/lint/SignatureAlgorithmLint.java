package dev.certfleet.server.x509.lint;

import java.util.List;
import org.bouncycastle.asn1.x509.Certificate;

/**
 * RFC 5280 sections 4.1.1.2 and 4.1.2.1: version 3, and the algorithm inside is the one outside; and it is the issuer's.
 */
final class SignatureAlgorithmLint implements Lint {
    @Override
    public String name() {
        return "signature-algorithm";
    }

    @Override
    public List<String> check(Twin twin) {
        Certificate certificate = twin.certificate().toASN1Structure();
        boolean same = certificate
                        .getSignatureAlgorithm()
                        .equals(certificate.getTBSCertificate().getSignature())
                && certificate.getSignatureAlgorithm().equals(twin.issuer().signatureAlgorithm());
        return Lint.unless(
                same && certificate.getVersionNumber() == 3,
                "it is not of version 3, or its signature algorithms differ from the issuer's");
    }
}
