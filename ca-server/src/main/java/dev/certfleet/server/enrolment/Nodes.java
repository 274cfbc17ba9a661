package dev.certfleet.server.enrolment;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.Quarantines;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** The nodes of clusters, and what operators do with them. */
@Component
public class Nodes {
    private final NodeRepository nodes;
    private final NodeCertificates certificates;
    private final RenewalDemands demands;
    private final BlockedKeys blockedKeys;
    private final Quarantines quarantines;
    private final AuditLog audit;
    private final Clock clock;

    Nodes(
            NodeRepository nodes,
            NodeCertificates certificates,
            RenewalDemands demands,
            BlockedKeys blockedKeys,
            Quarantines quarantines,
            AuditLog audit,
            Clock clock) {
        this.nodes = nodes;
        this.certificates = certificates;
        this.demands = demands;
        this.blockedKeys = blockedKeys;
        this.quarantines = quarantines;
        this.audit = audit;
        this.clock = clock;
    }

    public Optional<Node> named(String cluster, String name) {
        return nodes.findById(new Node.Id(cluster, name));
    }

    /**
     * By name.
     *
     * @param after the name that the previous page ended with; null for the first page
     */
    public List<Node> page(String cluster, @Nullable String after, int limit) {
        return nodes.page(cluster, after == null ? "" : after, Limit.of(limit));
    }

    /**
     * Finds a node, again, in the transaction that records a certificate for it: whoever retires or reinstalls the node
     * waits for that, and then revokes this certificate too.
     */
    @Transactional(propagation = Propagation.MANDATORY)
    Optional<Node> keep(Node node) {
        return nodes.keep(new Node.Id(node.cluster(), node.name()));
    }

    /** Takes a node out for good: revokes all it holds. Doing it again changes nothing. */
    @Transactional
    public Optional<Node> retire(String cluster, String name, String actor) {
        Optional<Node> node = nodes.lock(new Node.Id(cluster, name));
        if (node.isPresent() && node.get().state() != Node.State.RETIRED) {
            blockedKeys.keepFromIssuing(cluster);
            node.get().become(Node.State.RETIRED);
            int revoked = certificates.revokeAll(
                    new Node.Id(cluster, name),
                    null,
                    RevocationReason.CESSATION_OF_OPERATION,
                    "the node was retired",
                    actor);
            audit.append(actor, new AuditEvent.NodeRetired(cluster, name, revoked));
        }
        return node;
    }

    /** Lets the name be enrolled once more, which ends its quarantine; what the node holds is revoked when that happens. */
    @Transactional
    public Optional<Node> allowReinstall(String cluster, String name, String actor) {
        Optional<Node> node = nodes.lock(new Node.Id(cluster, name));
        if (node.isPresent() && node.get().state() != Node.State.REINSTALL_ALLOWED) {
            node.get().become(Node.State.REINSTALL_ALLOWED);
            quarantines.end(cluster, name, actor);
            audit.append(actor, new AuditEvent.ReinstallAllowed(cluster, name));
        }
        return node;
    }

    /** Asks that a node renews its certificates of these profiles now, or all where none are named. */
    @Transactional
    public void demandRenewal(Node node, Set<ProfileName> profiles, String actor) {
        demands.of(node, profiles, actor);
    }

    /** Keeps what a node said of itself, JSON. */
    @Transactional
    public void reported(String cluster, String name, String report) {
        named(cluster, name).ifPresent(node -> node.seen(clock.instant(), report));
    }
}
