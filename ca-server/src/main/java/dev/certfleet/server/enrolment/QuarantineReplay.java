package dev.certfleet.server.enrolment;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.ledger.BlockChange;
import dev.certfleet.server.ledger.QuarantineRecord;
import dev.certfleet.server.ledger.Quarantines;
import java.time.Clock;
import java.util.UUID;
import org.springframework.context.event.EventListener;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/** What of a quarantine is enrolment's, done again in the transaction that puts the quarantine back. */
@Component
class QuarantineReplay {
    private final NodeRepository nodes;
    private final EnrolmentTokenRepository tokens;
    private final Machines machines;
    private final Quarantines quarantines;
    private final AuditLog audit;
    private final Clock clock;

    QuarantineReplay(
            NodeRepository nodes,
            EnrolmentTokenRepository tokens,
            Machines machines,
            Quarantines quarantines,
            AuditLog audit,
            Clock clock) {
        this.nodes = nodes;
        this.tokens = tokens;
        this.machines = machines;
        this.quarantines = quarantines;
        this.audit = audit;
        this.clock = clock;
    }

    /**
     * The node is in quarantine again, on record again where it is lost too, and the tokens that its machine knows let nobody
     * in. Of a quarantine that is over the tokens alone matter still: the node stays as the database has it.
     */
    @EventListener
    @Order(1)
    void begin(BlockChange.NodeQuarantined change) {
        if (!change.replayed()) {
            return;
        }
        QuarantineRecord quarantine = change.quarantine();
        if (!quarantine.isOver()) {
            Node.Id id = new Node.Id(quarantine.cluster(), quarantine.node());
            Node node = nodes.lock(id)
                    .orElseGet(() -> new Node(id, quarantine.roles(), quarantine.addresses(), quarantine.enrolledAt()));
            node.become(Node.State.QUARANTINED);
            nodes.saveAndFlush(node);
            machines.becomeAgain(quarantine.cluster(), quarantine.node(), quarantine.machines());
        }
        quarantine.tokens().stream().map(UUID::fromString).sorted().forEach(token -> withdraw(token, quarantine));
    }

    private void withdraw(UUID id, QuarantineRecord quarantine) {
        tokens.findByClusterAndId(quarantine.cluster(), id)
                .filter(token -> token.withdrawnAt() == null)
                .ifPresent(token -> {
                    tokens.lock(id).withdraw(clock.instant());
                    audit.append(
                            quarantine.by(),
                            new AuditEvent.EnrolmentTokenWithdrawn(quarantine.cluster(), id.toString()));
                });
    }

    /** The name can be enrolled once more, unless the node is in another quarantine. */
    @EventListener
    void end(BlockChange.QuarantineEnded change) {
        if (!change.replayed()) {
            return;
        }
        String cluster = change.quarantine().cluster();
        String name = change.quarantine().node();
        nodes.lock(new Node.Id(cluster, name))
                .filter(node -> node.state() == Node.State.QUARANTINED && !quarantines.isIn(cluster, name))
                .ifPresent(node -> {
                    node.become(Node.State.REINSTALL_ALLOWED);
                    nodes.saveAndFlush(node);
                });
    }
}
