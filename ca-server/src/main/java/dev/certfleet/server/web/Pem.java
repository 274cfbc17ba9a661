package dev.certfleet.server.web;

import dev.certfleet.pki.wire.IssuedCertificate;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.TrustBundles;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.x509.CertificationRequest;
import dev.certfleet.server.x509.Violations;

/** Certificates and requests as the API carries them. */
final class Pem {
    static final String MEDIA_TYPE = "application/x-pem-file";

    private Pem() {}

    static String of(byte[] certificate) {
        return dev.certfleet.pki.Pem.encode(dev.certfleet.pki.Pem.CERTIFICATE, certificate);
    }

    /** Reads a certification request, or refuses it. */
    static CertificationRequest request(String pem) {
        return switch (CertificationRequest.parse(pem)) {
            case CertificationRequest request -> request;
            case Violations violations -> throw ProblemException.refused(violations);
        };
    }

    static IssuedCertificate issued(CertificateRecord certificate, Authority authority) {
        return new IssuedCertificate(
                certificate.id().hex(),
                certificate.serial().hex(),
                certificate.profile(),
                certificate.notBefore().toString(),
                certificate.notAfter().toString(),
                of(certificate.der()),
                TrustBundles.pem(authority));
    }
}
