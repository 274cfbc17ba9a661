package dev.certfleet.server.revocation;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.authority.Clusters;
import dev.certfleet.server.enrolment.Node;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.RevocableCertificates;
import dev.certfleet.server.ledger.Selection;
import dev.certfleet.server.revocation.Impact.Severity;
import dev.certfleet.server.rotation.EmergencyRotation;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Says what an emergency rotation costs: what fails at once, until when, and what somebody has to do by hand. */
@Component
class CostOfEmergency {
    private static final Duration AWAY = Duration.ofHours(1);
    private static final int PAGE = 500;

    private final RevocableCertificates certificates;
    private final BreaksInCluster inCluster;
    private final Clusters clusters;
    private final Nodes nodes;
    private final Clock clock;

    CostOfEmergency(
            RevocableCertificates certificates,
            BreaksInCluster inCluster,
            Clusters clusters,
            Nodes nodes,
            Clock clock) {
        this.certificates = certificates;
        this.inCluster = inCluster;
        this.clusters = clusters;
        this.nodes = nodes;
        this.clock = clock;
    }

    /**
     * The worst first.
     *
     * @param stolen the names of the authorities that leave the trust bundles
     */
    List<Impact> of(@Nullable String cluster, AuthorityKind kind, List<String> stolen) {
        List<Impact> costs = new ArrayList<>();
        costs.add(impact(
                Severity.OUTAGE,
                cluster,
                null,
                kind,
                String.join(", ", stolen) + ": out of every trust bundle at once; " + whatFails(kind)));
        costs.add(impact(Severity.NOTICE, cluster, null, kind, byHand(kind)));
        if (cluster == null) {
            clusters.all().stream().map(Cluster::name).forEach(name -> costs.addAll(agentsOf(name)));
        } else {
            costs.addAll(revoked(cluster, kind, stolen));
            costs.addAll(away(cluster, kind));
        }
        costs.sort(Comparator.comparing(Impact::severity)
                .thenComparing(Impact::cluster, Comparator.nullsFirst(Comparator.naturalOrder()))
                .thenComparing(Impact::node, Comparator.nullsFirst(Comparator.naturalOrder()))
                .thenComparing(Impact::effect));
        return costs;
    }

    private static String whatFails(AuthorityKind kind) {
        return switch (kind) {
            case KUBERNETES ->
                "kube-apiserver refuses every kubelet, controller-manager, scheduler, kube-proxy and kubeconfig until each has"
                        + " its new certificate, and whoever trusts kube-apiserver by the old CA refuses it; pods that run go on"
                        + " running, and those that call the API fail until they see the new kube-root-ca.crt";
            case ETCD ->
                "etcd's members refuse each other and kube-apiserver until each member has restarted on the new CA: there is no"
                        + " quorum and no API meanwhile";
            case FRONT_PROXY ->
                "aggregated APIs fail until every control-plane node has published both the new CA and"
                        + " its new certificate";
            case BREAK_GLASS -> "every break-glass kubeconfig is refused; others are issued on request";
            case AGENTS ->
                "kube-apiserver does not reach the revocation gate until both files are new, and its failurePolicy decides; node"
                        + " identities are replaced and not revoked, since the server knows each by its fingerprint";
            case INSTALLATION ->
                "servers show certificates that nobody trusts yet: agents and operators reach no server, nothing is renewed or"
                        + " revoked at nodes until each was given the new CA";
        };
    }

    private static String byHand(AuthorityKind kind) {
        return switch (kind) {
            case KUBERNETES ->
                "kube-apiserver (--kubelet-certificate-authority) and kube-controller-manager (--root-ca-file) have to restart"
                        + " on each control-plane node, and whatever read the CA from a kubeconfig once; agents do so one node"
                        + " at a time. People need new kubeconfigs";
            case ETCD ->
                "every etcd and every kube-apiserver (--etcd-cafile) has to restart; restart leases let one node at a time, and"
                        + " a member that cannot get healthy alone holds the others up: clear its lease";
            case FRONT_PROXY, AGENTS -> "nothing is to be done by hand";
            case BREAK_GLASS -> "hand out new break-glass kubeconfigs where some are in use";
            case INSTALLATION ->
                "on each node: allow a reinstall and run ca-agent enrol --again with a token and the new CA's fingerprint; each"
                        + " operator replaces installation-ca.crt. No certificate of the old key vouches for the new one";
        };
    }

    /** What the components of each node lose by the revocation, until they have renewed. */
    private List<Impact> revoked(String cluster, AuthorityKind kind, List<String> stolen) {
        List<CertificateRecord> all = new ArrayList<>();
        for (String authority : stolen) {
            Selection selection = new Selection(cluster, null, null, authority, null, null, null, null);
            certificates.select(selection, false, Plan.MOST + 1).stream()
                    .filter(certificate -> EmergencyRotation.isRevoked(certificate.profile()))
                    .forEach(all::add);
        }
        return all.size() > Plan.MOST
                ? List.of(impact(
                        Severity.OUTAGE,
                        cluster,
                        null,
                        kind,
                        "more than " + Plan.MOST + " certificates are revoked, of every node of the cluster"))
                : inCluster.of(cluster, all, RevocationReason.SUPERSEDED);
    }

    private List<Impact> away(String cluster, AuthorityKind kind) {
        Instant since = clock.instant().minus(AWAY);
        return all(cluster).stream()
                .filter(node -> {
                    Instant seen = node.lastSeenAt();
                    return seen == null || seen.isBefore(since);
                })
                .map(node -> impact(
                        Severity.NOTICE,
                        cluster,
                        node.name(),
                        kind,
                        node.name() + " was not heard of for an hour: it stays as it is until its agent is back"))
                .toList();
    }

    private List<Impact> agentsOf(String cluster) {
        return all(cluster).stream()
                .map(node -> impact(
                        Severity.DEGRADED,
                        cluster,
                        node.name(),
                        AuthorityKind.INSTALLATION,
                        node.name() + ": its agent trusts no server until it was enrolled again"))
                .toList();
    }

    private List<Node> all(String cluster) {
        List<Node> found = new ArrayList<>();
        List<Node> page = nodes.page(cluster, null, PAGE);
        while (!page.isEmpty()) {
            page.stream().filter(node -> !node.isOut()).forEach(found::add);
            page = nodes.page(cluster, page.getLast().name(), PAGE);
        }
        return found;
    }

    private static Impact impact(
            Severity severity, @Nullable String cluster, @Nullable String node, AuthorityKind kind, String effect) {
        return new Impact(severity, cluster, node, kind.label(), effect);
    }
}
