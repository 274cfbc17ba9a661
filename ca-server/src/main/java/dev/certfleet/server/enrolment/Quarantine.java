package dev.certfleet.server.enrolment;

import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** What of a quarantine is enrolment's: the node's state, and the tokens by which it could come back. */
@Component
public class Quarantine {
    private final NodeRepository nodes;
    private final EnrolmentTokenRepository tokens;
    private final Clock clock;

    Quarantine(NodeRepository nodes, EnrolmentTokenRepository tokens, Clock clock) {
        this.nodes = nodes;
        this.tokens = tokens;
        this.clock = clock;
    }

    /** The node, to which nothing is issued until the transaction ends. */
    @Transactional(propagation = Propagation.MANDATORY)
    public Optional<Node> lock(String cluster, String name) {
        return nodes.lock(new Node.Id(cluster, name));
    }

    /** From the transaction's end on, the node's identity is refused and nothing is issued to it. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void begin(Node node) {
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
        return tokens.findByClusterOrderByCreatedAtDesc(node.cluster()).stream()
                .filter(token -> token.nodeNamePattern().equals(node.name()) || used.contains(token.id()))
                .filter(token -> token.refusal(now) == null)
                .toList();
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
