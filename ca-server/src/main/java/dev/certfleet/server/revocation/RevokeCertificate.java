package dev.certfleet.server.revocation;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.enrolment.Succession;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.RevocationRecord;
import dev.certfleet.server.ledger.Revocations;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Revokes a certificate, and takes a certificateHold back. */
@Component
public class RevokeCertificate {
    private final Ledger ledger;
    private final Revocations revocations;
    private final BlockedKeys blockedKeys;
    private final Succession succession;
    private final RevokeTogether together;
    private final AuditLog audit;

    RevokeCertificate(
            Ledger ledger,
            Revocations revocations,
            BlockedKeys blockedKeys,
            Succession succession,
            RevokeTogether together,
            AuditLog audit) {
        this.ledger = ledger;
        this.revocations = revocations;
        this.blockedKeys = blockedKeys;
        this.succession = succession;
        this.together = together;
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
        List<CertificateRecord> all = new ArrayList<>(List.of(certificate));
        if (reason == RevocationReason.KEY_COMPROMISE) {
            blockedKeys.keepFromIssuing();
            all.addAll(ledger.othersWithTheKeyOf(certificate));
            all.stream()
                    .map(CertificateRecord::cluster)
                    .distinct()
                    .sorted(Comparator.nullsFirst(Comparator.naturalOrder()))
                    .forEach(revocations::takeTurns);
        } else if (succession.isWanted(certificate, reason)) {
            blockedKeys.keepFromIssuing(certificate.cluster());
        }
        return together.revoke(all, reason, invalidityDate, comment, actor)
                .revocations()
                .getFirst();
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
