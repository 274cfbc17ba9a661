package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.Serial;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * Finds certificates for a caller. To operators, one that they have no grant for is refused like one that does not exist;
 * to agents, one that is not their cluster's does not exist, since for the gate that is what it comes to: never issued here.
 */
@Component
class VisibleCertificates {
    private final Ledger ledger;

    VisibleCertificates(Ledger ledger) {
        this.ledger = ledger;
    }

    CertificateRecord read(Caller caller, String id) {
        Optional<CertificateRecord> found = ledger.find(fingerprint(id));
        String cluster = found.map(CertificateRecord::cluster).orElse(null);
        return switch (caller) {
            case Caller.Operator operator -> {
                if (!caller.mayReadInstallation() && (cluster == null || !caller.mayRead(cluster))) {
                    throw May.refused();
                }
                yield found.orElseThrow(VisibleCertificates::notFound);
            }
            case Caller.Agent agent ->
                found.filter(certificate -> agent.cluster().equals(certificate.cluster()))
                        .orElseThrow(VisibleCertificates::notFound);
        };
    }

    /** For operators who may change what is its cluster's; for the installation's own, everything. */
    CertificateRecord administer(Caller caller, String id) {
        return administer(caller, ledger.find(fingerprint(id)));
    }

    CertificateRecord administer(Caller caller, Serial serial) {
        return administer(caller, ledger.find(serial));
    }

    private static CertificateRecord administer(Caller caller, Optional<CertificateRecord> found) {
        String cluster = found.map(CertificateRecord::cluster).orElse(null);
        if (!caller.mayAdministerInstallation() && (cluster == null || !caller.mayAdminister(cluster))) {
            throw May.refused();
        }
        return found.orElseThrow(VisibleCertificates::notFound);
    }

    static Fingerprint fingerprint(String id) {
        try {
            return new Fingerprint(id);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(
                    ProblemType.MALFORMED_REQUEST,
                    "a certificate's id is its SHA-256 fingerprint: 64 lowercase hexadecimal digits");
        }
    }

    private static ProblemException notFound() {
        return ProblemException.notFound("certificate with this id");
    }
}
