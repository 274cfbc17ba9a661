package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.NodeRole;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** A cluster with two nodes, as it is on record. */
final class Fleet {
    static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
    static final Instant AUTHORITY_END = Instant.parse("2036-11-24T12:00:00Z");

    static final ClusterFacts CLUSTER = new ClusterFacts(
            "prod",
            "cluster.local",
            List.of("10.96.0.0/12", "fd00:10:96::/112"),
            "api.prod.example.org:6443",
            List.of("203.0.113.7", "kube.example.org"),
            KeyAlgorithm.P256);

    static final Holder.Node CONTROL_PLANE = new Holder.Node(
            CLUSTER,
            new NodeFacts(
                    "cp-1",
                    Set.of(NodeRole.CONTROL_PLANE, NodeRole.ETCD),
                    List.of(InetAddress.ofLiteral("192.0.2.10"), InetAddress.ofLiteral("2001:db8::10"))));

    static final Holder.Node WORKER = worker("worker-1", "192.0.2.20");

    static final AuthorityUrls URLS = AuthorityUrls.of("http://status.example.org:8080", "prod-kubernetes-1", 1);

    private Fleet() {}

    static Holder.Node worker(String name, String... addresses) {
        return new Holder.Node(
                CLUSTER,
                new NodeFacts(
                        name,
                        Set.of(NodeRole.WORKER),
                        List.of(addresses).stream().map(InetAddress::ofLiteral).toList()));
    }

    static ValidityRequest validity() {
        return new ValidityRequest(NOW, AUTHORITY_END, null);
    }
}
