package dev.certfleet.server.enrolment;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.authority.Clusters;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.signing.Signatures;
import dev.certfleet.server.x509.ClusterFacts;
import dev.certfleet.server.x509.Holder;
import dev.certfleet.server.x509.KeyRules;
import dev.certfleet.server.x509.Profiles;
import dev.certfleet.server.x509.Violation;
import dev.certfleet.server.x509.Violations;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Changes, by an operator's word, what is on record of a node: its addresses, its roles, its name. A node itself changes none
 * of them, since they say what its certificates open and whom it may claim to be.
 */
@Component
public class ChangeNode {
    private final NodeRepository nodes;
    private final NodeAddresses nodeAddresses;
    private final NodeCertificates certificates;
    private final Clusters clusters;
    private final BlockedKeys blockedKeys;
    private final AuditLog audit;
    private final Clock clock;
    private final Profiles profiles;

    ChangeNode(
            NodeRepository nodes,
            NodeAddresses nodeAddresses,
            NodeCertificates certificates,
            Clusters clusters,
            BlockedKeys blockedKeys,
            AuditLog audit,
            Clock clock,
            KeyRules keyRules) {
        this.nodes = nodes;
        this.nodeAddresses = nodeAddresses;
        this.certificates = certificates;
        this.clusters = clusters;
        this.blockedKeys = blockedKeys;
        this.audit = audit;
        this.clock = clock;
        this.profiles = new Profiles(keyRules, Signatures.provider());
    }

    /** What came of it. */
    public sealed interface Outcome {
        record Changed(Node node) implements Outcome {}

        record Refused(Violations violations) implements Outcome {}

        /** There is a node of the new name. */
        record NameTaken() implements Outcome {}
    }

    /**
     * Gives a node other addresses or roles; null leaves them. What the node holds by a role that it has no more is revoked.
     *
     * @return empty where there is no such node
     */
    @Transactional
    public Optional<Outcome> change(
            String cluster, String name, @Nullable List<String> addresses, @Nullable List<String> roles, String actor) {
        List<Violation> form = new ArrayList<>();
        if (addresses != null) {
            form.addAll(NodeAddresses.form(addresses));
        }
        if (roles != null) {
            form.addAll(NodeRules.roles(roles));
            if (roles.isEmpty()) {
                form.add(new Violation("roles", "a node has a role; to take it out, retire it"));
            }
        }
        // In the order of an enrolment and of a retirement, so that none waits for another in a circle
        Optional<Node> found = nodes.lock(new Node.Id(cluster, name));
        if (found.isEmpty()) {
            return Optional.empty();
        }
        blockedKeys.keepFromIssuing(cluster);
        nodeAddresses.takeTurns(cluster);
        if (!form.isEmpty()) {
            return Optional.of(new Outcome.Refused(new Violations(form)));
        }
        Node node = found.get();
        return Optional.of(change(
                node,
                addresses == null ? node.addresses() : NodeAddresses.inOneSpelling(addresses),
                roles == null ? node.roles() : roles.stream().distinct().toList(),
                actor));
    }

    private Outcome change(Node node, List<String> addresses, List<String> roles, String actor) {
        Set<Violation> violations = new LinkedHashSet<>(out(node));
        violations.addAll(nodeAddresses.taken(node.cluster(), node.name(), addresses));
        violations.addAll(rules(node.cluster(), node.name(), roles, addresses));
        if (!violations.isEmpty()) {
            return new Outcome.Refused(new Violations(List.copyOf(violations)));
        }
        List<String> changes = new ArrayList<>();
        ChangeCluster.add(changes, "addresses", node.addresses(), addresses);
        ChangeCluster.add(changes, "roles", node.roles(), roles);
        if (changes.isEmpty()) {
            return new Outcome.Changed(node);
        }
        nodeAddresses.gaveUp(
                node,
                node.addresses().stream()
                        .filter(address -> !addresses.contains(address))
                        .toList());
        Set<String> heldBefore = held(node);
        node.change(roles, addresses);
        nodes.saveAndFlush(node);
        Set<String> lost = heldBefore.stream()
                .filter(profile -> !held(node).contains(profile))
                .collect(Collectors.toUnmodifiableSet());
        int revoked = 0;
        if (!lost.isEmpty()) {
            revoked = certificates.revoke(
                    new Node.Id(node.cluster(), node.name()),
                    certificate -> lost.contains(certificate.profile()),
                    RevocationReason.CESSATION_OF_OPERATION,
                    "the node has not this role any more",
                    actor);
        }
        audit.append(actor, new AuditEvent.NodeChanged(node.cluster(), node.name(), changes, revoked));
        return new Outcome.Changed(node);
    }

    /**
     * Lets one enrolment under a new name take the place of a node. The node goes on under its old name until then.
     *
     * @return empty where there is no such node
     */
    @Transactional
    public Optional<Outcome> rename(String cluster, String name, String newName, String actor) {
        Optional<Node> found = nodes.lock(new Node.Id(cluster, name));
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Node node = found.get();
        Optional<Violation> wrong = NodeRules.name(newName);
        if (wrong.isPresent()) {
            return Optional.of(new Outcome.Refused(new Violations(List.of(wrong.get()))));
        }
        Optional<Node> there = nodes.lock(new Node.Id(cluster, newName));
        if (there.isPresent() && name.equals(there.get().renamedFrom())) {
            return Optional.of(new Outcome.Changed(there.get()));
        }
        if (there.isPresent()) {
            return Optional.of(new Outcome.NameTaken());
        }
        Set<Violation> violations = new LinkedHashSet<>(out(node));
        violations.addAll(rules(cluster, newName, node.roles(), node.addresses()));
        if (!violations.isEmpty()) {
            return Optional.of(new Outcome.Refused(new Violations(List.copyOf(violations))));
        }
        Node renamed = nodes.saveAndFlush(Node.renamed(node, newName, clock.instant()));
        audit.append(actor, new AuditEvent.NodeChanged(cluster, name, List.of("name: " + name + " -> " + newName), 0));
        return Optional.of(new Outcome.Changed(renamed));
    }

    private static List<Violation> out(Node node) {
        return switch (node.state()) {
            case RETIRED -> List.of(new Violation("node-retired", "the node was retired and holds nothing"));
            case QUARANTINED -> List.of(new Violation("node-quarantined", "the node is in quarantine"));
            case ACTIVE, REINSTALL_ALLOWED -> List.of();
        };
    }

    /** What would stand in the way of the certificates that it would have to hold. */
    private List<Violation> rules(String cluster, String name, List<String> roles, List<String> addresses) {
        ClusterFacts facts = clusters.named(cluster).orElseThrow().facts();
        Holder.Node holder = new Holder.Node(facts, Node.facts(name, roles, addresses));
        return Arrays.stream(ProfileName.values())
                .filter(profile -> profile == ProfileName.NODE_IDENTITY
                        || profile.roles().stream().anyMatch(role -> roles.contains(role.label())))
                .flatMap(profile -> profiles.holderRules(profile, holder).stream())
                .toList();
    }

    private static Set<String> held(Node node) {
        return Arrays.stream(ProfileName.values())
                .filter(profile -> Assignments.isHeld(profile, node))
                .map(ProfileName::label)
                .collect(Collectors.toUnmodifiableSet());
    }
}
