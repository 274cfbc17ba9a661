package dev.certfleet.server.web;

import dev.certfleet.pki.wire.IssuedCertificate;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.TrustBundles;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.x509.CertificationRequest;
import dev.certfleet.server.x509.Violations;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x509.Certificate;

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

    /** The octets of the one certificate in a text, which can be read; or refuses it. */
    static byte[] certificate(String pem) {
        byte[] der = one(pem, dev.certfleet.pki.Pem.CERTIFICATE, "pem");
        try {
            if (Arrays.equals(Certificate.getInstance(der).getEncoded(ASN1Encoding.DER), der)) {
                return der;
            }
        } catch (IllegalArgumentException | IOException | IllegalStateException | ClassCastException e) {
            // said below
        }
        throw ProblemException.refused("pem", "this is no certificate in DER");
    }

    /** The octets of the certificates in a text, at least one, in order; or refuses it. */
    static List<byte[]> several(String pem) {
        try {
            List<byte[]> blocks = dev.certfleet.pki.Pem.decode(pem, dev.certfleet.pki.Pem.CERTIFICATE);
            if (!blocks.isEmpty()) {
                return blocks;
            }
        } catch (IllegalArgumentException e) {
            throw ProblemException.refused("pem", String.valueOf(e.getMessage()));
        }
        throw ProblemException.refused("pem", "at least one PEM block 'CERTIFICATE' is needed");
    }

    /** The octets of the one block of a kind in a text, or refuses it. */
    static byte[] one(String pem, String label, String rule) {
        try {
            List<byte[]> blocks = dev.certfleet.pki.Pem.decode(pem, label);
            if (blocks.size() == 1) {
                return blocks.getFirst();
            }
        } catch (IllegalArgumentException e) {
            throw ProblemException.refused(rule, String.valueOf(e.getMessage()));
        }
        throw ProblemException.refused(rule, "one PEM block '" + label + "' is needed, not several");
    }

    static IssuedCertificate issued(CertificateRecord certificate, Authority authority) {
        return new IssuedCertificate(
                certificate.id().hex(),
                certificate.serial().hex(),
                certificate.profile(),
                certificate.notBefore().toString(),
                certificate.notAfter().toString(),
                of(certificate.der()),
                TrustBundles.chain(authority));
    }
}
