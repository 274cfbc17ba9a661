package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * A cluster that was switched off, its CA server too, comes back by being switched on: first after 31 days, when every
 * certificate of its nodes has ended, then after 400. Server and agents live in the past by their clocks; the last boot is
 * now, and the real components start from what the agents made of it.
 */
class ComebackIT {
    private static final String CLUSTER = "sleepy";
    private static final int FIRST_ABSENCE = 31;
    private static final int SECOND_ABSENCE = 400;
    private static final int REFUSED = 8;
    /** Until every certificate is a new one; agents poll each half minute, and none has to wait for that. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path folder = WorkFolder.of(ComebackIT.class);
    private final Binaries binaries = Binaries.find();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void everyCertificateOfAClusterThatWasOffFor31AndFor400DaysIsRenewedByBootingIt() throws IOException {
        try (var network = NodeNetwork.create(folder.resolve("logs"));
                var controlPlane = network.node("cp-1");
                var worker = network.node("worker-1")) {
            var nodes = List.of(controlPlane, worker);
            Map<Path, X509Certificate> first;
            var whole = PastClock.daysAgo(FIRST_ABSENCE + SECOND_ABSENCE);
            try (var server = start(network, whole)) {
                install(server, controlPlane, List.of("control-plane", "etcd"));
                install(server, worker, List.of("worker"));
                try (var boot = new Boot(nodes, whole)) {
                    first = boot.awaitNewLeaves(Map.of());
                }
            }
            copy(state(worker), folder.resolve("backup"));

            // The power comes back for all machines at once: agents find no server at first.
            Map<Path, X509Certificate> second;
            var later = PastClock.daysAgo(SECOND_ABSENCE);
            try (var boot = new Boot(nodes, later);
                    var _ = start(network, later)) {
                second = boot.awaitNewLeaves(first);
            }

            try (var boot = new Boot(nodes, PastClock.NONE);
                    var server = start(network, PastClock.NONE)) {
                boot.awaitNewLeaves(second);
                theComponentsStart(server, boot);
                hasOnRecord(server, "node-came-back", 2 * nodes.size());
                anOlderKeyDoesNotBringTheNodeBack(server, boot);
            }
        }
    }

    // ---- lives

    private CertfleetServer start(NodeNetwork network, PastClock clock) {
        return CertfleetServer.start(
                folder.resolve("server"),
                network.hostAddress(),
                folder.resolve("logs/server-" + clock.behind().toDays() + "-days-ago.log"),
                clock);
    }

    private void install(CertfleetServer server, NetworkNamespace node, List<String> roles) {
        var operator = server.firstOperator();
        if (operator.get("/clusters/" + CLUSTER).status() == 404) {
            operator.post(
                            "/clusters",
                            Map.of(
                                    "name",
                                    CLUSTER,
                                    "controlPlaneEndpoint",
                                    node.address() + ":" + KubeApiserver.PORT,
                                    "statusUrl",
                                    server.statusUrl().toString()))
                    .expect(201);
        }
        String token = operator.post(
                        "/clusters/" + CLUSTER + "/enrolment-tokens",
                        Map.of("nodeNamePattern", node.name(), "roles", roles, "expiresIn", "PT10M"))
                .expect(201)
                .path("token")
                .asString();
        NodeAgent.install(node, disk(node), List.of(server), token, openSsl.fingerprint(server.authority()), "");
    }

    private Path disk(NetworkNamespace node) {
        return folder.resolve("disk-" + node.name());
    }

    private Path state(NetworkNamespace node) {
        return disk(node).resolve("var/lib/certfleet");
    }

    /** All nodes, switched on. */
    private final class Boot implements AutoCloseable {
        private final PastClock clock;
        private final Deque<NodeAgent> agents = new ArrayDeque<>();

        Boot(List<NetworkNamespace> nodes, PastClock clock) {
            this.clock = clock;
            nodes.forEach(node -> agents.add(NodeAgent.start(node, disk(node), clock)));
        }

        NodeAgent controlPlane() {
            return agents.getFirst();
        }

        NodeAgent worker() {
            return agents.getLast();
        }

        /** Waits until every node has what its roles ask for, all of it valid and nothing of it from before. */
        Map<Path, X509Certificate> awaitNewLeaves(Map<Path, X509Certificate> before) {
            Map<Path, X509Certificate> leaves = new HashMap<>();
            controlPlane().awaitControlPlane("kubelet.conf");
            worker().awaitPublished("pki/ca.crt", "pki/kubelet.crt", "kubelet.conf");
            var took = Await.until("every certificate is valid and new", LIMIT, () -> {
                leaves.clear();
                for (NodeAgent agent : agents) {
                    leaves.putAll(leaves(agent.files().folder()));
                }
                Instant now = clock.now();
                return leaves.entrySet().stream()
                        .allMatch(leaf -> isValid(leaf.getValue(), now)
                                && !leaf.getValue().equals(before.get(leaf.getKey())));
            });
            System.out.println("     " + clock.behind().toDays() + " days ago: " + leaves.size() + " new certificates, "
                    + took.toMillis() + " ms after the server was there");
            assertThat(leaves.keySet()).containsAll(before.keySet()).hasSizeGreaterThan(14);
            assertThat(before.values()).as("what ended meanwhile").noneMatch(old -> isValid(old, clock.now()));
            return Map.copyOf(leaves);
        }

        @Override
        public void close() {
            agents.forEach(NodeAgent::close);
        }
    }

    private static boolean isValid(X509Certificate certificate, Instant at) {
        return !at.isBefore(certificate.getNotBefore().toInstant())
                && at.isBefore(certificate.getNotAfter().toInstant());
    }

    /** Every certificate with a key beside it. */
    private static Map<Path, X509Certificate> leaves(Path kubernetes) throws IOException, GeneralSecurityException {
        Map<Path, X509Certificate> found = new HashMap<>();
        try (Stream<Path> files = Files.walk(kubernetes)) {
            for (Path file : files.filter(ComebackIT::hasKey).toList()) {
                try (InputStream in = Files.newInputStream(file)) {
                    found.put(file, (X509Certificate)
                            CertificateFactory.getInstance("X.509").generateCertificate(in));
                }
            }
        }
        return found;
    }

    private static boolean hasKey(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".crt") && Files.exists(file.resolveSibling(name.replaceFirst("crt$", "key")));
    }

    // ---- what has to work now

    private void theComponentsStart(CertfleetServer server, Boot boot) throws IOException {
        var agent = boot.controlPlane();
        String crl = agent.files().pki("etcd/crl.der").toString();
        try (var etcd = Etcd.start(
                        binaries,
                        agent.node(),
                        agent.files(),
                        folder.resolve("etcd"),
                        "--client-crl-file=" + crl,
                        "--peer-crl-file=" + crl);
                var apiServer = KubeApiserver.start(
                        binaries,
                        agent.node(),
                        agent.files(),
                        etcd,
                        agent.apiServerArguments().toArray(String[]::new));
                var controllerManager = ControlPlanePart.controllerManager(binaries, agent);
                var scheduler = ControlPlanePart.scheduler(binaries, agent);
                var runtime = Containerd.start(boot.worker().node(), folder.resolve("containerd"));
                var kubelet = Kubelet.start(binaries, boot.worker(), runtime, folder.resolve("kubelet"))) {
            var users = new Users(
                    folder.resolve("users"),
                    server.recoveredOperator(),
                    openSsl,
                    CLUSTER,
                    agent.files().pki("ca.crt"));
            var admin = Kubectl.as(
                    binaries,
                    folder.resolve("admin.conf"),
                    apiServer.url(),
                    users.issue("kubernetes-super-admin", "super-admin", Map.of("lifetime", "PT1H")));
            Await.until(
                    "the worker has registered",
                    Duration.ofMinutes(1),
                    () -> admin.run("get", "node", "worker-1").succeeded());
            for (var name : List.of("kube-controller-manager", "kube-scheduler")) {
                Await.until(
                        name + " holds its lease",
                        Duration.ofMinutes(1),
                        () -> admin.run("get", "lease", name, "--namespace=kube-system")
                                .succeeded());
            }
            assertThat(controllerManager.process().isAlive()).isTrue();
            assertThat(scheduler.process().isAlive()).isTrue();
            assertThat(kubelet.process().isAlive()).isTrue();
        }
    }

    /** Of the node there is a copy from before both absences, and somebody boots that. */
    private void anOlderKeyDoesNotBringTheNodeBack(CertfleetServer server, Boot boot) throws IOException {
        var node = boot.worker().node();
        var disk = disk(node);
        boot.worker().close();
        Map<Path, X509Certificate> before = leavesOf(boot.worker());
        Path own = Files.move(state(node), folder.resolve("own"));
        copy(folder.resolve("backup"), state(node));

        var refused = NodeAgent.command(node, disk, "once");

        assertThat(refused.exit()).as(refused.toString()).isEqualTo(REFUSED);
        assertThat(refused.stderr()).contains("for a newer one of this node");
        assertThat(leavesOf(boot.worker())).isEqualTo(before);
        assertThat(hasOnRecord(server, "alarm-raised", 1).toString()).contains("old-identity-presented", "worker-1");

        Files.move(state(node), folder.resolve("stolen"));
        Files.move(own, state(node));
        NodeAgent.command(node, disk, "once").orFail();
    }

    private static Map<Path, X509Certificate> leavesOf(NodeAgent agent) throws IOException {
        try {
            return leaves(agent.files().folder());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode hasOnRecord(CertfleetServer server, String event, int times) {
        JsonNode events = server.firstOperator()
                .get("/audit-events?cluster=" + CLUSTER + "&type=" + event)
                .expect(200)
                .path("items");
        assertThat(events.size()).as(events.toString()).isEqualTo(times);
        return events;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
