package dev.certfleet.server.revocation;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.enrolment.Succession;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.RevocableCertificates;
import dev.certfleet.server.ledger.Revocations;
import dev.certfleet.server.ledger.Selection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Transactional;

/** Revokes a cluster's certificates that a filter fits. */
@Component
public class RevokeByFilter {
    private final RevocableCertificates certificates;
    private final BlockedKeys blockedKeys;
    private final Revocations revocations;
    private final Succession succession;
    private final RevokeTogether together;
    private final WhatBreaks whatBreaks;
    private final Confirmed confirmed;
    private final AuditLog audit;

    RevokeByFilter(
            RevocableCertificates certificates,
            BlockedKeys blockedKeys,
            Revocations revocations,
            Succession succession,
            RevokeTogether together,
            WhatBreaks whatBreaks,
            Confirmed confirmed,
            AuditLog audit) {
        this.certificates = certificates;
        this.blockedKeys = blockedKeys;
        this.revocations = revocations;
        this.succession = succession;
        this.together = together;
        this.whatBreaks = whatBreaks;
        this.confirmed = confirmed;
        this.audit = audit;
    }

    /**
     * What is asked.
     *
     * @param filter of the cluster, and narrower
     */
    public record Order(
            String cluster,
            Selection filter,
            RevocationReason reason,
            @Nullable String comment) {
        public Order {
            if (!cluster.equals(filter.cluster()) || !filter.narrows()) {
                throw new IllegalArgumentException("a filter is of one cluster, and narrower");
            }
        }
    }

    @Transactional(readOnly = true, isolation = Isolation.REPEATABLE_READ)
    public BulkOutcome dryRun(Order order, Caller caller) {
        return confirmed.dryRun(call(order, caller), plan(order, caller));
    }

    @Transactional
    public BulkOutcome revoke(Order order, @Nullable String confirmation, Caller caller) {
        return confirmed.run(
                call(order, caller),
                confirmation,
                () -> lock(order),
                () -> plan(order, caller),
                plan -> act(order, plan, caller));
    }

    /** What is issued meanwhile is issued after it, unless its key is blocked by this, or its authority withdrawn. */
    private void lock(Order order) {
        if (order.reason() == RevocationReason.KEY_COMPROMISE
                || succession.mayFollow(order.filter().profile(), order.reason())) {
            blockedKeys.keepFromIssuing(order.cluster());
        }
        revocations.takeTurns(order.cluster());
    }

    private static BulkCall call(Order order, Caller caller) {
        return new BulkCall(
                caller.actor(),
                "bulk-revocation",
                List.of(
                        order.filter().toString(),
                        order.reason().label(),
                        Objects.requireNonNullElse(order.comment(), "")));
    }

    /** Those on hold are meant too, unless they would only be held again. */
    private Plan plan(Order order, Caller caller) {
        boolean held = order.reason() != RevocationReason.CERTIFICATE_HOLD;
        List<CertificateRecord> all = certificates.selectFor(order.reason(), order.filter(), held, Plan.MOST + 1);
        return new Plan(all, whatBreaks.of(all, order.reason(), caller.certificate()), all.isEmpty());
    }

    private BulkAnswer act(Order order, Plan plan, Caller caller) {
        RevokeTogether.Result result =
                together.revoke(plan.certificates(), order.reason(), null, order.comment(), caller.actor());
        audit.append(
                caller.actor(),
                new AuditEvent.RevokedInBulk(
                        order.cluster(),
                        order.filter().inWords(),
                        order.reason().label(),
                        result.made(),
                        order.comment()));
        return BulkAnswer.of(result, 0, 0);
    }
}
