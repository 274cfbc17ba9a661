package dev.certfleet.server.enrolment;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.x509.Holder;
import dev.certfleet.server.x509.Violation;
import dev.certfleet.server.x509.Violations;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Finds whom a certificate of a cluster is for, with all that is on record of them. */
@Component
public class FindHolder {
    private final Nodes nodes;

    FindHolder(Nodes nodes) {
        this.nodes = nodes;
    }

    /** The holder, or why there is none. */
    public sealed interface Found {
        /**
         * @param holder whom it is for
         * @param still runs in the transaction that records the certificate; {@link Gone} where they left meanwhile
         */
        record One(Holder holder, Runnable still) implements Found {}

        record None(Violations violations) implements Found {}
    }

    /**
     * Whom a certificate that is asked for by name is for. Node identities come from enrolment and renewal alone.
     *
     * @param node null for a certificate that no node holds
     */
    public Found forRequest(Cluster cluster, ProfileName profile, @Nullable String node) {
        if (profile == ProfileName.NODE_IDENTITY) {
            return none("profile-not-on-request", "a node's identity comes from enrolment, and later from its renewal");
        }
        return forRenewal(cluster, profile, node);
    }

    /** The node that a kubelet's CertificateSigningRequest names, whatever its roles: a kubelet may run anywhere. */
    public Found forCsr(Cluster cluster, String node) {
        return present(cluster, node, _ -> Optional.empty());
    }

    /** Whom a certificate on record is for today. */
    public Found forRenewal(Cluster cluster, ProfileName profile, @Nullable String node) {
        if (profile.isByCsr()) {
            return none(
                    "profile-by-csr",
                    "certificates of profile " + profile.label() + " are issued for CertificateSigningRequests alone");
        }
        return switch (profile.holder()) {
            case INSTALLATION ->
                none("profile-not-of-cluster", "certificates of profile " + profile.label() + " belong to no cluster");
            case CLUSTER ->
                node == null
                        ? new Found.One(new Holder.ClusterUser(cluster.facts()), () -> {})
                        : none("node-not-expected", "no node holds certificates of profile " + profile.label());
            case NODE -> ofNode(cluster, profile, node);
        };
    }

    private Found ofNode(Cluster cluster, ProfileName profile, @Nullable String name) {
        if (name == null) {
            return none("node-missing", "certificates of profile " + profile.label() + " are held by a node");
        }
        return present(
                cluster,
                name,
                node -> Assignments.isHeld(profile, node)
                        ? Optional.empty()
                        : Optional.of(new Violation(
                                "profile-not-of-role",
                                "a node of the roles " + String.join(", ", node.roles()) + " holds no "
                                        + profile.label())));
    }

    private Found present(Cluster cluster, String name, Function<Node, Optional<Violation>> further) {
        Optional<Node> found = nodes.named(cluster.name(), name);
        if (found.isEmpty()) {
            return none("node-unknown", "the cluster has no node called '" + name + "'");
        }
        Node node = found.get();
        if (node.state() == Node.State.RETIRED) {
            return none("node-retired", "the node " + name + " was retired");
        }
        if (node.state() == Node.State.QUARANTINED) {
            return none("node-quarantined", "the node " + name + " is in quarantine; allow a reinstall");
        }
        return further.apply(node)
                .<Found>map(violation -> new Found.None(new Violations(List.of(violation))))
                .orElseGet(
                        () -> new Found.One(new Holder.Node(cluster.facts(), node.facts()), () -> requireStill(node)));
    }

    private void requireStill(Node asItWas) {
        boolean there = nodes.keep(asItWas)
                .filter(node -> !node.isOut())
                .filter(node -> node.enrolledAt().equals(asItWas.enrolledAt()))
                .filter(node -> node.roles().equals(asItWas.roles()))
                .filter(node -> node.addresses().equals(asItWas.addresses()))
                .isPresent();
        if (!there) {
            throw new Gone(
                    "the node " + asItWas.name() + " was changed, retired, reinstalled or put in quarantine meanwhile");
        }
    }

    /** The holder left while their certificate was made. */
    public static final class Gone extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Gone(String message) {
            super(message, null, false, false);
        }
    }

    private static Found none(String rule, String detail) {
        return new Found.None(new Violations(List.of(new Violation(rule, detail))));
    }
}
