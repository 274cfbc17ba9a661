package dev.certfleet.server.revocation;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.RevocableCertificates;
import dev.certfleet.server.ledger.Revocations;
import dev.certfleet.server.ledger.Selection;
import dev.certfleet.server.x509.KeyHash;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Transactional;

/** Revokes every certificate that carries a key, in every cluster, and blocks the key for the future. */
@Component
public class ReportCompromisedKey {
    private final RevocableCertificates certificates;
    private final BlockedKeys blockedKeys;
    private final Revocations revocations;
    private final RevokeTogether together;
    private final WhatBreaks whatBreaks;
    private final Confirmed confirmed;
    private final AuditLog audit;

    ReportCompromisedKey(
            RevocableCertificates certificates,
            BlockedKeys blockedKeys,
            Revocations revocations,
            RevokeTogether together,
            WhatBreaks whatBreaks,
            Confirmed confirmed,
            AuditLog audit) {
        this.certificates = certificates;
        this.blockedKeys = blockedKeys;
        this.revocations = revocations;
        this.together = together;
        this.whatBreaks = whatBreaks;
        this.confirmed = confirmed;
        this.audit = audit;
    }

    /**
     * Whether the caller may: an administrator of the installation may report any key; one of clusters a key that certificates
     * were issued for, all of them in clusters that they administer.
     */
    public boolean isPermitted(KeyHash key, Caller caller) {
        if (caller.mayAdministerInstallation()) {
            return true;
        }
        RevocableCertificates.Spread spread = certificates.spreadOf(key);
        return !spread.elsewhere()
                && !spread.clusters().isEmpty()
                && spread.clusters().stream().allMatch(caller::mayAdminister);
    }

    /** To be called where {@link #isPermitted}. */
    @Transactional(readOnly = true, isolation = Isolation.REPEATABLE_READ)
    public BulkOutcome dryRun(KeyHash key, @Nullable String comment, Caller caller) {
        return confirmed.dryRun(call(key, comment, caller), plan(key, caller));
    }

    /**
     * Does it.
     *
     * @throws NotPermitted where a certificate of the key was issued meanwhile that the caller may not revoke
     */
    @Transactional
    public BulkOutcome report(KeyHash key, @Nullable String comment, @Nullable String confirmation, Caller caller) {
        return confirmed.run(
                call(key, comment, caller),
                confirmation,
                () -> {
                    blockedKeys.keepFromIssuing();
                    if (!isPermitted(key, caller)) {
                        throw new NotPermitted();
                    }
                    RevocableCertificates.Spread spread = certificates.spreadOf(key);
                    if (spread.elsewhere()) {
                        revocations.takeTurns(null);
                    }
                    spread.clusters().forEach(revocations::takeTurns);
                },
                () -> plan(key, caller),
                plan -> act(key, comment, plan, caller));
    }

    /** Somebody else's certificate carries the key. */
    public static final class NotPermitted extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotPermitted() {
            super("a certificate with this key is not the caller's to revoke", null, false, false);
        }
    }

    private static BulkCall call(KeyHash key, @Nullable String comment, Caller caller) {
        return new BulkCall(
                caller.actor(), "compromised-key", List.of(key.hex(), Objects.requireNonNullElse(comment, "")));
    }

    private Plan plan(KeyHash key, Caller caller) {
        List<CertificateRecord> all = certificates.select(Selection.ofKey(key), true, Plan.MOST + 1);
        boolean blocked = blockedKeys
                .find(key)
                .filter(entry -> entry.cause().equals("compromised"))
                .isPresent();
        return new Plan(
                all,
                whatBreaks.of(all, RevocationReason.KEY_COMPROMISE, caller.certificate()),
                all.isEmpty() && blocked);
    }

    private BulkAnswer act(KeyHash key, @Nullable String comment, Plan plan, Caller caller) {
        boolean isNew = blockedKeys.find(key).isEmpty();
        blockedKeys.compromised(key, comment, caller.actor());
        RevokeTogether.Result result =
                together.revoke(plan.certificates(), RevocationReason.KEY_COMPROMISE, null, comment, caller.actor());
        audit.append(caller.actor(), new AuditEvent.KeyCompromised(key.hex(), result.made(), comment));
        return BulkAnswer.of(result, isNew ? 1 : 0, 0);
    }
}
