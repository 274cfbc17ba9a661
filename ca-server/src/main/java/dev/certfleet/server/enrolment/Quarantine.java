package dev.certfleet.server.enrolment;

import dev.certfleet.server.ledger.QuarantineRecord;
import dev.certfleet.server.ledger.Quarantines;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** What of a quarantine is enrolment's: the node's state, and the tokens by which it could come back. */
@Component
public class Quarantine {
    private final NodeRepository nodes;
    private final EnrolmentTokenRepository tokens;
    private final Machines machines;
    private final Quarantines quarantines;
    private final Clock clock;

    Quarantine(
            NodeRepository nodes,
            EnrolmentTokenRepository tokens,
            Machines machines,
            Quarantines quarantines,
            Clock clock) {
        this.nodes = nodes;
        this.tokens = tokens;
        this.machines = machines;
        this.quarantines = quarantines;
        this.clock = clock;
    }

    /** The node, to which nothing is issued until the transaction ends. */
    @Transactional(propagation = Propagation.MANDATORY)
    public Optional<Node> lock(String cluster, String name) {
        return nodes.lock(new Node.Id(cluster, name));
    }

    /**
     * From the transaction's end on, the node's identity is refused and nothing is issued to it.
     *
     * @param used the ids of tokens that it used
     * @param reason the label of the reason that its certificates are revoked for
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void begin(Node node, Collection<UUID> used, String reason, @Nullable String comment, String by) {
        Instant now = clock.instant();
        quarantines.begin(new QuarantineRecord(
                UUID.randomUUID(),
                node.cluster(),
                node.name(),
                node.roles(),
                node.addresses(),
                node.enrolledAt(),
                known(node, used)
                        .filter(token -> now.isBefore(token.expiresAt()))
                        .map(token -> token.id().toString())
                        .toList(),
                machines.of(node.cluster(), node.name()),
                reason,
                comment,
                by,
                now,
                null,
                null));
        node.become(Node.State.QUARANTINED);
        nodes.saveAndFlush(node);
    }

    /**
     * Tokens that still let somebody in and that the machine may know: those that only its name fits, and those that it used.
     *
     * @param used the ids of tokens that it used
     */
    public List<EnrolmentToken> tokensOf(Node node, Collection<UUID> used) {
        Instant now = clock.instant();
        return known(node, used).filter(token -> token.refusal(now) == null).toList();
    }

    private Stream<EnrolmentToken> known(Node node, Collection<UUID> used) {
        return tokens.findByClusterOrderByCreatedAtDesc(node.cluster()).stream()
                .filter(token -> token.nodeNamePattern().equals(node.name()) || used.contains(token.id()));
    }

    /** Withdraws tokens, in the order of their ids. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void withdraw(List<EnrolmentToken> known) {
        known.stream()
                .map(EnrolmentToken::id)
                .sorted()
                .forEach(id -> tokens.lock(id).withdraw(clock.instant()));
    }
}
