package dev.certfleet.server.revocation;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.RevocationRecord;
import dev.certfleet.server.ledger.Revocations;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Revokes a certificate, and takes a certificateHold back. */
@Component
public class RevokeCertificate {
    private final Ledger ledger;
    private final Revocations revocations;
    private final Nodes nodes;
    private final AuditLog audit;

    RevokeCertificate(Ledger ledger, Revocations revocations, Nodes nodes, AuditLog audit) {
        this.ledger = ledger;
        this.revocations = revocations;
        this.nodes = nodes;
        this.audit = audit;
    }

    /**
     * Revokes; a certificate that is revoked already stays as it is, and one on hold can be revoked for good. A compromised
     * key takes every certificate along that was issued for it: renewals may have kept it.
     *
     * @param invalidityDate when the key is thought to have been lost, not in the future
     */
    @Transactional
    public RevocationRecord revoke(
            CertificateRecord certificate,
            RevocationReason reason,
            @Nullable Instant invalidityDate,
            @Nullable String comment,
            String actor) {
        RevocationRecord revocation = one(certificate, reason, invalidityDate, comment, actor);
        if (reason == RevocationReason.KEY_COMPROMISE) {
            ledger.othersWithTheKeyOf(certificate).forEach(other -> one(other, reason, invalidityDate, comment, actor));
        }
        return revocation;
    }

    private RevocationRecord one(
            CertificateRecord certificate,
            RevocationReason reason,
            @Nullable Instant invalidityDate,
            @Nullable String comment,
            String actor) {
        Revocations.InForce inForce = revocations.revoke(certificate, reason, invalidityDate, comment, actor);
        if (inForce.made()) {
            audit.append(
                    actor,
                    new AuditEvent.CertificateRevoked(
                            certificate.cluster(),
                            certificate.id().hex(),
                            certificate.serial().hex(),
                            reason.label(),
                            comment));
            replace(certificate, reason, actor);
        }
        return inForce.revocation();
    }

    /**
     * A certificate that was revoked for its key's sake, or to be replaced, is replaced: the node is asked to renew it, with
     * a new key where the old one is compromised, which is not certified again. After any other reason the node keeps what
     * it has; to cut a node off, retire it.
     */
    private void replace(CertificateRecord certificate, RevocationReason reason, String actor) {
        boolean replaced = reason == RevocationReason.KEY_COMPROMISE || reason == RevocationReason.SUPERSEDED;
        String cluster = certificate.cluster();
        String node = certificate.node();
        if (replaced && cluster != null && node != null) {
            nodes.named(cluster, node)
                    .ifPresent(holder ->
                            nodes.demandRenewal(holder, Set.of(ProfileName.of(certificate.profile())), actor));
        }
    }

    /** Takes a certificateHold back; false where the revocation is not a hold in force. */
    @Transactional
    public boolean release(CertificateRecord certificate, RevocationRecord hold, String actor) {
        boolean released = revocations.release(certificate, hold, actor);
        if (released) {
            audit.append(
                    actor,
                    new AuditEvent.HoldReleased(
                            certificate.cluster(),
                            certificate.id().hex(),
                            certificate.serial().hex()));
        }
        return released;
    }
}
