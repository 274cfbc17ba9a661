package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A cluster of any size, everything from the agents' files alone: on each control-plane node an etcd member, a kube-apiserver
 * that uses it, a kube-controller-manager and a kube-scheduler; kubelets with containerd on workers. Whatever ends is started
 * again ({@link Supervised}), and the agents restart what only a restart helps.
 */
final class WholeCluster implements AutoCloseable {
    static final String NAME = "whole";
    static final List<String> CONTROL_PLANE =
            List.of("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler");
    static final String KUBELET = "kubelet";
    /** What Kubernetes takes by default. */
    private static final int NODE_LEASE_SECONDS = 40;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final Binaries binaries = Binaries.find();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);
    private final Path folder;
    private final NodeNetwork network;
    private final List<NetworkNamespace> controlPlaneNodes = new ArrayList<>();
    private final List<NetworkNamespace> workerNodes = new ArrayList<>();
    private final List<NodeAgent> controlPlanes = new ArrayList<>();
    private final List<NodeAgent> workers = new ArrayList<>();
    private final List<Supervised> components = new ArrayList<>();
    private CertfleetServer server;
    private int starts = 1;
    private @Nullable Operator operator;
    private @Nullable FileTime trusted;

    /**
     * @param controlPlanes how many nodes are control plane and etcd
     * @param workers how many are workers
     * @param kubelets how many of the workers have a kubelet
     */
    record Shape(int controlPlanes, int workers, int kubelets) {}

    /** What a cluster went through before now. */
    record Past(List<Integer> daysOff, Asleep asleep) {
        static final Past NONE = new Past(List.of(), _ -> {});

        int days() {
            return daysOff.stream().mapToInt(Integer::intValue).sum();
        }
    }

    /** Done while all machines are off. */
    interface Asleep {
        /** @param days for how long they are */
        void now(int days) throws IOException;
    }

    private WholeCluster(Path folder, Shape shape, Past past) throws IOException {
        this.folder = folder;
        try {
            this.network = closing(NodeNetwork.create(folder.resolve("logs")));
            for (int i = 1; i <= shape.controlPlanes(); i++) {
                controlPlaneNodes.add(closing(network.node("cp-" + i)));
            }
            for (int i = 1; i <= shape.workers(); i++) {
                workerNodes.add(closing(network.node("worker-" + i)));
            }
            var clock = PastClock.daysAgo(past.days());
            this.server = startServer(clock);
            operator().makeCluster(NAME, controlPlaneNodes.getFirst(), server, Map.of());
            for (var node : controlPlaneNodes) {
                install(node, List.of("control-plane", "etcd"), CONTROL_PLANE);
            }
            for (var node : workerNodes) {
                install(node, List.of("worker"), List.of(KUBELET));
            }
            bootNodes(clock);
            awaitFiles();
            if (!past.daysOff().isEmpty()) {
                sleep(past);
            }
            startControlPlanes();
            bindAdminsByBreakGlass();
            for (var worker : workers.subList(0, shape.kubelets())) {
                startKubelet(worker);
            }
        } catch (IOException | RuntimeException | AssertionError e) {
            close();
            throw e;
        }
    }

    static WholeCluster start(Path folder, Shape shape) throws IOException {
        return new WholeCluster(folder, shape, Past.NONE);
    }

    /**
     * Starts a cluster that was switched off several times, its server too, each time until every certificate of its nodes had
     * ended. Server and agents live in the past by their clocks; the last boot is now, and the components, which follow no
     * other clock, start from what the agents made of it.
     */
    static WholeCluster startAfter(Past past, Path folder, Shape shape) throws IOException {
        return new WholeCluster(folder, shape, past);
    }

    private CertfleetServer startServer(PastClock clock) {
        return CertfleetServer.start(folder.resolve("server"), network.hostAddress(), serverLog(), clock);
    }

    private void bootNodes(PastClock clock) {
        controlPlanes.clear();
        workers.clear();
        controlPlaneNodes.forEach(node -> controlPlanes.add(closing(NodeAgent.start(node, disk(node), clock))));
        workerNodes.forEach(node -> workers.add(closing(NodeAgent.start(node, disk(node), clock))));
    }

    private void awaitFiles() {
        controlPlanes.forEach(agent -> agent.awaitControlPlane("admin.conf", "pki/kubelet.crt", "pki/kube-proxy.crt"));
        workers.forEach(agent -> agent.awaitPublished("pki/ca.crt", "pki/kubelet.crt", "pki/kube-proxy.crt"));
    }

    private void sleep(Past past) throws IOException {
        int daysAgo = past.days();
        var leaves = new Leaves(agents()).awaitNew(PastClock.daysAgo(daysAgo));
        for (int days : past.daysOff()) {
            agents().forEach(NodeAgent::close);
            server.close();
            past.asleep().now(days);
            daysAgo -= days;
            // The power comes back for all machines at once: agents find no server at first.
            var clock = PastClock.daysAgo(daysAgo);
            bootNodes(clock);
            server = startServer(clock);
            leaves = leaves.of(agents()).awaitNew(clock);
        }
        operator = server.recoveredOperator();
        trusted = Files.getLastModifiedTime(server.authority());
    }

    private <T extends AutoCloseable> T closing(T part) {
        parts.push(part);
        return part;
    }

    private Path serverLog() {
        return folder.resolve("logs/server-" + starts++ + ".log");
    }

    private void install(NetworkNamespace node, List<String> roles, List<String> restarted) {
        String token = operator().token(NAME, node, roles.toArray(String[]::new));
        String settings = """
                renewal: {pollInterval: 2s, retryInterval: 1s, maxRetryInterval: 10s}
                components:
                """
                + restarted.stream()
                        .map(component -> "  " + component + ": {restart: "
                                + Supervised.restartCommand(supervision(node), component) + "}\n")
                        .collect(Collectors.joining());
        NodeAgent.install(node, disk(node), List.of(server), token, openSsl.fingerprint(server.authority()), settings);
    }

    /** The folder that is the disk of a node. */
    Path disk(NetworkNamespace node) {
        return folder.resolve("disk-" + node.name());
    }

    private Path supervision(NetworkNamespace node) {
        return folder.resolve("supervision-" + node.name());
    }

    private void startControlPlanes() {
        var members = controlPlanes.stream().map(NodeAgent::node).toList();
        // A member is healthy when it has a quorum: all are started before the first is waited for.
        awaitAll(controlPlanes.stream().map(agent -> startEtcd(agent, members)));
        awaitAll(controlPlanes.stream().map(this::startApiServer));
        awaitAll(controlPlanes.stream()
                .flatMap(agent -> Stream.of(
                        supervise(
                                agent,
                                "kube-controller-manager",
                                ControlPlanePart.controllerManagerArguments(binaries, agent.files()),
                                () -> ControlPlanePart.isHealthy(
                                        agent.node(), ControlPlanePart.CONTROLLER_MANAGER_PORT)),
                        supervise(
                                agent,
                                "kube-scheduler",
                                ControlPlanePart.schedulerArguments(binaries, agent.files()),
                                () -> ControlPlanePart.isHealthy(agent.node(), ControlPlanePart.SCHEDULER_PORT)))));
    }

    private static void awaitAll(Stream<Supervised> started) {
        started.toList().forEach(Supervised::awaitReady);
    }

    private Supervised startEtcd(NodeAgent agent, List<NetworkNamespace> members) {
        String crl = agent.files().pki("etcd/crl.der").toString();
        return supervise(
                agent,
                "etcd",
                Command.concat(
                        Etcd.arguments(
                                binaries,
                                agent.node(),
                                agent.files(),
                                folder.resolve("etcd-" + agent.node().name()),
                                members),
                        List.of("--client-crl-file=" + crl, "--peer-crl-file=" + crl)),
                () -> Etcd.isHealthy(binaries, agent.node(), agent.files()));
    }

    private Supervised startApiServer(NodeAgent agent) {
        return supervise(
                agent,
                "kube-apiserver",
                KubeApiserver.arguments(
                        binaries, agent.node(), agent.files(), Etcd.urlOf(agent.node()), agent.apiServerArguments()),
                () -> KubeApiserver.isReady(agent.node(), agent.files()));
    }

    private void startKubelet(NodeAgent worker) {
        worker.awaitPublished("pki/ca.crt", "pki/kubelet.crt", "kubelet.conf", "certfleet/kubelet/50-certfleet.conf");
        var runtime = closing(Containerd.start(
                worker.node(), folder.resolve("containerd-" + worker.node().name())));
        supervise(
                        worker,
                        KUBELET,
                        Kubelet.arguments(
                                binaries,
                                worker,
                                runtime,
                                folder.resolve("kubelet-" + worker.node().name()),
                                NODE_LEASE_SECONDS),
                        () -> Kubelet.isHealthy(worker.node()))
                .awaitReady();
    }

    private Supervised supervise(
            NodeAgent agent, String component, List<String> argv, java.util.concurrent.Callable<Boolean> isReady) {
        var supervised = closing(Supervised.start(agent.node(), component, argv, supervision(agent.node()), isReady));
        components.add(supervised);
        return supervised;
    }

    /** As docs/kubernetes.md has it: system:masters exists until the binding is there, and is then revoked. */
    private void bindAdminsByBreakGlass() throws IOException {
        var first = controlPlanes.getFirst();
        var users = new Users(
                folder.resolve("users"),
                operator(),
                openSsl,
                NAME,
                first.files().pki("ca.crt"));
        var superAdmin = users.issue("kubernetes-super-admin", "super-admin", Map.of("lifetime", "PT1H"));
        var kubectl = Kubectl.as(
                binaries,
                folder.resolve("users/super-admin.conf"),
                "https://" + first.node().address() + ":" + KubeApiserver.PORT,
                superAdmin);
        Await.until(
                "admins are bound",
                Duration.ofMinutes(1),
                () -> kubectl.run(
                                "create",
                                "clusterrolebinding",
                                "admins",
                                "--clusterrole=cluster-admin",
                                "--group=kubeadm:cluster-admins")
                        .succeeded());
        operator().revoke(openSsl.fingerprint(superAdmin.certificate()), "cessationOfOperation");
    }

    /** Who trusts whatever authorities the server has at the moment. */
    Operator operator() {
        try {
            var written = Files.getLastModifiedTime(server.authority());
            if (operator == null || !written.equals(trusted)) {
                operator = server.firstOperator();
                trusted = written;
            }
            return operator;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes the CA server away, and brings it back after that time. */
    void withoutServer(Duration time) throws InterruptedException {
        server.close();
        Thread.sleep(time);
        server = CertfleetServer.start(server.data(), network.hostAddress(), serverLog());
        operator = null;
    }

    List<NodeAgent> controlPlanes() {
        return List.copyOf(controlPlanes);
    }

    List<NodeAgent> agents() {
        return Stream.concat(controlPlanes.stream(), workers.stream()).toList();
    }

    List<Supervised> components() {
        return List.copyOf(components);
    }

    /** Every restart so far, of whatever on whichever node. */
    List<Supervised.Restart> restarts() {
        return components.stream()
                .flatMap(component -> component.restarts().stream())
                .toList();
    }

    /** The pair of {@code admin.conf} of a control-plane node, which its agent renews. */
    ClientIdentity adminOf(NodeAgent agent) {
        return new ClientIdentity(
                agent.files().pki("ca.crt"),
                agent.files().pki("admin.crt"),
                agent.files().pki("admin.key"));
    }

    Kubectl kubectl(NodeAgent agent) {
        return new Kubectl(binaries, agent.node(), agent.files().kubeconfig("admin.conf"));
    }

    JsonNode restartLeases() {
        return operator()
                .get("/clusters/" + NAME + "/restart-leases")
                .expect(200)
                .path("items");
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                System.err.println("while ending the cluster: " + e);
            }
        }
        if (server != null) {
            server.close();
        }
    }
}
