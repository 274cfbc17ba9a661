package dev.certfleet.server.enrolment;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.CertificateSearch;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.Revocations;
import dev.certfleet.server.x509.Serial;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Everything that a node holds. */
@Component
class NodeCertificates {
    private static final int PAGE = 1000;

    private final Ledger ledger;
    private final Revocations revocations;
    private final Succession succession;
    private final AuditLog audit;

    NodeCertificates(Ledger ledger, Revocations revocations, Succession succession, AuditLog audit) {
        this.ledger = ledger;
        this.revocations = revocations;
        this.succession = succession;
        this.audit = audit;
    }

    /**
     * Revokes all that a node holds and that is still good or on hold, in the caller's transaction. An identity that expired
     * is not revoked, and brings nobody back from then on.
     *
     * @param but a certificate to leave; null for none
     * @return how many were revoked
     */
    @Transactional(propagation = Propagation.MANDATORY)
    int revokeAll(Node.Id node, @Nullable Serial but, RevocationReason reason, String comment, String actor) {
        return revoke(node, certificate -> !certificate.serial().equals(but), reason, comment, actor);
    }

    /**
     * Revokes those of a node's certificates that are still good or on hold, in the caller's transaction.
     *
     * @return how many were revoked
     */
    @Transactional(propagation = Propagation.MANDATORY)
    int revoke(
            Node.Id node, Predicate<CertificateRecord> which, RevocationReason reason, String comment, String actor) {
        List<CertificateRecord> revoked = new ArrayList<>();
        for (String status : List.of("good", "held")) {
            CertificateSearch held = new CertificateSearch(node.cluster(), node.name(), null, null, null, status, null);
            Serial after = null;
            List<CertificateRecord> page = ledger.search(held, after, PAGE);
            while (!page.isEmpty()) {
                for (CertificateRecord certificate : page) {
                    if (which.test(certificate)) {
                        revoke(certificate, reason, comment, actor);
                        revoked.add(certificate);
                    }
                }
                page = ledger.search(held, page.getLast().serial(), PAGE);
            }
        }
        ledger.endExpired(node.cluster(), node.name(), ProfileName.NODE_IDENTITY.label());
        succession.after(revoked, reason, actor);
        return revoked.size();
    }

    private void revoke(CertificateRecord certificate, RevocationReason reason, String comment, String actor) {
        if (!revocations.revoke(certificate, reason, null, comment, actor).made()) {
            return;
        }
        audit.append(
                actor,
                new AuditEvent.CertificateRevoked(
                        certificate.cluster(),
                        certificate.id().hex(),
                        certificate.serial().hex(),
                        reason.label(),
                        comment));
    }
}
