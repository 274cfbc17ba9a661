package dev.certfleet.server.revocation;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.enrolment.EnrolmentToken;
import dev.certfleet.server.enrolment.Node;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.enrolment.Quarantine;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.RevocableCertificates;
import dev.certfleet.server.ledger.Revocations;
import dev.certfleet.server.ledger.Selection;
import dev.certfleet.server.x509.KeyHash;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Puts a node in quarantine: all it holds is revoked, every key it ever had a certificate for is blocked, and the tokens it
 * could come back with are dead. An operator may allow a reinstallation; the keys stay blocked.
 */
@Component
public class QuarantineNode {
    private final Nodes nodes;
    private final Quarantine quarantine;
    private final RevocableCertificates certificates;
    private final BlockedKeys blockedKeys;
    private final Revocations revocations;
    private final RevokeTogether together;
    private final WhatBreaks whatBreaks;
    private final Confirmed confirmed;
    private final AuditLog audit;

    QuarantineNode(
            Nodes nodes,
            Quarantine quarantine,
            RevocableCertificates certificates,
            BlockedKeys blockedKeys,
            Revocations revocations,
            RevokeTogether together,
            WhatBreaks whatBreaks,
            Confirmed confirmed,
            AuditLog audit) {
        this.nodes = nodes;
        this.quarantine = quarantine;
        this.certificates = certificates;
        this.blockedKeys = blockedKeys;
        this.revocations = revocations;
        this.together = together;
        this.whatBreaks = whatBreaks;
        this.confirmed = confirmed;
        this.audit = audit;
    }

    /**
     * What is asked.
     *
     * @param reason neither a hold nor superseded
     */
    public record Order(
            String cluster,
            String node,
            RevocationReason reason,
            @Nullable String comment) {}

    /** Empty where there is no such node. */
    @Transactional(readOnly = true, isolation = Isolation.REPEATABLE_READ)
    public Optional<BulkOutcome> dryRun(Order order, Caller caller) {
        return nodes.named(order.cluster(), order.node())
                .map(node -> confirmed.dryRun(call(order, caller), plan(order, node, caller)));
    }

    /** Empty where there is no such node. */
    @Transactional
    public Optional<BulkOutcome> quarantine(Order order, @Nullable String confirmation, Caller caller) {
        // The node before all else: what is being recorded for it is recorded first, and then revoked with the rest
        return quarantine
                .lock(order.cluster(), order.node())
                .map(node -> confirmed.run(
                        call(order, caller),
                        confirmation,
                        () -> {
                            blockedKeys.keepFromIssuing(order.cluster());
                            revocations.takeTurns(order.cluster());
                        },
                        () -> plan(order, node, caller),
                        plan -> act(order, node, plan, caller)));
    }

    private static BulkCall call(Order order, Caller caller) {
        return new BulkCall(
                caller.actor(),
                "quarantine",
                List.of(
                        order.cluster(),
                        order.node(),
                        order.reason().label(),
                        Objects.requireNonNullElse(order.comment(), "")));
    }

    private Plan plan(Order order, Node node, Caller caller) {
        Selection held = Selection.ofNode(order.cluster(), order.node());
        List<CertificateRecord> all = certificates.selectFor(order.reason(), held, true, Plan.MOST + 1);
        List<EnrolmentToken> tokens = tokens(node);
        List<Impact> impacts = new ArrayList<>(whatBreaks.of(all, order.reason(), caller.certificate()));
        if (node.state() != Node.State.QUARANTINED) {
            impacts.add(
                    notice(node, node.name() + " is in quarantine until a reinstall is allowed and it enrols again"));
        }
        for (EnrolmentToken token : tokens) {
            impacts.add(notice(
                    node,
                    "the enrolment token " + token.id() + " for the names " + token.nodeNamePattern()
                            + " lets nobody in any more"));
        }
        return new Plan(all, impacts, all.isEmpty() && tokens.isEmpty() && node.state() == Node.State.QUARANTINED);
    }

    private static Impact notice(Node node, String effect) {
        return new Impact(Impact.Severity.NOTICE, node.cluster(), node.name(), null, effect);
    }

    private List<EnrolmentToken> tokens(Node node) {
        return quarantine.tokensOf(node, used(node));
    }

    private Set<UUID> used(Node node) {
        return certificates.tokensUsedBy(node.cluster(), node.name());
    }

    private BulkAnswer act(Order order, Node node, Plan plan, Caller caller) {
        String by = caller.actor();
        quarantine.begin(node, used(node), order.reason().label(), order.comment(), by);
        List<KeyHash> keys = certificates.keysOfNode(order.cluster(), order.node());
        int blocked = blockedKeys.ofQuarantinedNode(keys, order.cluster(), order.node(), order.comment(), by);
        RevokeTogether.Result result = together.revoke(plan.certificates(), order.reason(), null, order.comment(), by);
        List<EnrolmentToken> tokens = tokens(node);
        quarantine.withdraw(tokens);
        tokens.forEach(token -> audit.append(
                by,
                new AuditEvent.EnrolmentTokenWithdrawn(
                        order.cluster(), token.id().toString())));
        audit.append(
                by,
                new AuditEvent.NodeQuarantined(
                        order.cluster(),
                        order.node(),
                        order.reason().label(),
                        result.made(),
                        blocked,
                        tokens.size(),
                        order.comment()));
        return BulkAnswer.of(result, blocked, tokens.size());
    }
}
