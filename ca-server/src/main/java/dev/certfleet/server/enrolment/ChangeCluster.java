package dev.certfleet.server.enrolment;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.authority.Clusters;
import dev.certfleet.server.signing.Signatures;
import dev.certfleet.server.x509.ClusterFacts;
import dev.certfleet.server.x509.Holder;
import dev.certfleet.server.x509.KeyRules;
import dev.certfleet.server.x509.Profiles;
import dev.certfleet.server.x509.Violation;
import dev.certfleet.server.x509.Violations;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Gives a cluster another description. Names in certificates follow from it, so its nodes renew what carries them, which they
 * hear of at once.
 */
@Component
public class ChangeCluster {
    private final Clusters clusters;
    private final NodeRepository nodes;
    private final AuditLog audit;
    private final Profiles profiles;

    ChangeCluster(Clusters clusters, NodeRepository nodes, AuditLog audit, KeyRules keyRules) {
        this.clusters = clusters;
        this.nodes = nodes;
        this.audit = audit;
        this.profiles = new Profiles(keyRules, Signatures.provider());
    }

    /** What came of it. */
    public sealed interface Outcome {
        record Changed(Cluster cluster) implements Outcome {}

        record Refused(Violations violations) implements Outcome {}
    }

    /**
     * @param name of a cluster that there is
     * @param change from what it is to what it is to be; name and key algorithm stay
     */
    @Transactional
    public Outcome change(String name, UnaryOperator<ClusterFacts> change, String actor) {
        Cluster cluster = clusters.lock(name).orElseThrow();
        ClusterFacts before = cluster.facts();
        ClusterFacts after = change.apply(before);
        List<String> changes = changes(before, after);
        if (changes.isEmpty()) {
            return new Outcome.Changed(cluster);
        }
        List<Violation> violations = violations(after);
        if (!violations.isEmpty()) {
            return new Outcome.Refused(new Violations(violations));
        }
        clusters.describe(cluster, after);
        audit.append(actor, new AuditEvent.ClusterChanged(name, changes));
        return new Outcome.Changed(cluster);
    }

    /** A description under which a node could hold nothing any more would stop the node. */
    private List<Violation> violations(ClusterFacts after) {
        Set<Violation> violations = new LinkedHashSet<>();
        for (Node node : nodes.page(after.name(), "", Limit.unlimited())) {
            if (!node.isOut()) {
                Holder.Node holder = new Holder.Node(after, node.facts());
                for (ProfileName profile : ProfileName.values()) {
                    if (Assignments.isHeld(profile, node)) {
                        violations.addAll(profiles.holderRules(profile, holder));
                    }
                }
            }
        }
        return List.copyOf(violations);
    }

    private static List<String> changes(ClusterFacts before, ClusterFacts after) {
        List<String> changes = new ArrayList<>();
        add(changes, "domain", before.domain(), after.domain());
        add(changes, "serviceCidrs", before.serviceCidrs(), after.serviceCidrs());
        add(
                changes,
                "controlPlaneEndpoint",
                Objects.requireNonNullElse(before.controlPlaneEndpoint(), ""),
                Objects.requireNonNullElse(after.controlPlaneEndpoint(), ""));
        add(changes, "extraNames", before.extraNames(), after.extraNames());
        return changes;
    }

    static void add(List<String> changes, String field, Object before, Object after) {
        if (!before.equals(after)) {
            changes.add(field + ": " + before + " -> " + after);
        }
    }
}
