package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * etcd and kube-apiserver as kubeadm runs them: static pods of a kubelet, in containers. Where only a restart helps, the agent
 * ends their processes, and the kubelet, which is not touched, starts the containers again.
 */
class StaticPodIT {
    private static final String CLUSTER = "pods";
    private static final List<String> COMPONENTS = List.of("etcd", "kube-apiserver");
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final Path folder = WorkFolder.of(StaticPodIT.class);
    private final Path manifests = folder.resolve("manifests");
    private final Binaries binaries = Binaries.find();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void theKubeletStartsAgainWhatTheAgentEnds() throws IOException {
        try (var network = NodeNetwork.create(folder.resolve("logs"));
                var node = network.node("cp-1");
                var server = CertfleetServer.start(
                        folder.resolve("server"), network.hostAddress(), folder.resolve("logs/server.log"));
                var agent = boot(server, node);
                var runtime = Containerd.start(node, folder.resolve("containerd"))) {
            writeManifests(agent);
            try (var kubelet =
                    Kubelet.startWithStaticPods(binaries, agent, runtime, folder.resolve("kubelet"), manifests)) {
                awaitPods(agent);
                Set<Long> before = processes(node);
                assertThat(before).hasSize(COMPONENTS.size());

                new Rotations(CLUSTER, server::firstOperator).rotate(Duration.ofMinutes(3), "etcd");

                awaitPods(agent);
                assertThat(processes(node)).hasSize(COMPONENTS.size()).doesNotContainAnyElementsOf(before);
                assertThat(kubelet.process().isAlive()).isTrue();
                for (var component : COMPONENTS) {
                    assertThat(agent.process().output())
                            .contains("restarting " + component + ",", component + " is well after its restart");
                }
            }
        }
    }

    private NodeAgent boot(CertfleetServer server, NetworkNamespace node) {
        var operator = server.firstOperator();
        operator.makeCluster(CLUSTER, node, server, Map.of());
        String token = operator.token(CLUSTER, node, "control-plane", "etcd");
        return NodeAgent.boot(
                        node,
                        folder.resolve("disk"),
                        List.of(server),
                        token,
                        openSsl.fingerprint(server.authority()),
                        "renewal: {pollInterval: 2s}\n")
                .awaitControlPlane("kubelet.conf", "certfleet/kubelet/50-certfleet.conf");
    }

    private void writeManifests(NodeAgent agent) throws IOException {
        Files.createDirectories(manifests);
        Path data = Files.createDirectories(folder.resolve("etcd"));
        String crl = agent.files().pki("etcd/crl.der").toString();
        writeManifest(
                "etcd",
                Command.concat(
                        Etcd.arguments(binaries, agent.node(), agent.files(), data, List.of(agent.node())),
                        List.of("--client-crl-file=" + crl, "--peer-crl-file=" + crl)));
        writeManifest(
                "kube-apiserver",
                KubeApiserver.arguments(
                        binaries, agent.node(), agent.files(), Etcd.urlOf(agent.node()), agent.apiServerArguments()));
    }

    /** The program and the node's files are seen in the container where they are outside. */
    private void writeManifest(String name, List<String> argv) throws IOException {
        String command = argv.stream().map(word -> "\"" + word + "\"").collect(Collectors.joining(", "));
        Files.writeString(manifests.resolve(name + ".yaml"), """
                apiVersion: v1
                kind: Pod
                metadata: {name: %1$s, namespace: kube-system}
                spec:
                  hostNetwork: true
                  priorityClassName: system-node-critical
                  containers:
                  - name: %1$s
                    image: %2$s
                    imagePullPolicy: Never
                    command: [%3$s]
                    volumeMounts:
                    - {name: program, mountPath: "%4$s", readOnly: true}
                    - {name: node, mountPath: "%5$s"}
                  volumes:
                  - {name: program, hostPath: {path: "%4$s"}}
                  - {name: node, hostPath: {path: "%5$s"}}
                """.formatted(
                name, LocalImage.NAME, command, Path.of(binaries.path(name)).resolveSibling(""), folder));
    }

    private void awaitPods(NodeAgent agent) {
        Await.until("etcd is healthy", LIMIT, () -> Etcd.isHealthy(binaries, agent.node(), agent.files()));
        Await.until("kube-apiserver is ready", LIMIT, () -> KubeApiserver.isReady(agent.node(), agent.files()));
    }

    /** Those of the node that are a component's. */
    private static Set<Long> processes(NetworkNamespace node) throws IOException {
        String pids = Command.of("ip", "netns", "pids", node.namespace())
                .run()
                .orFail()
                .stdout();
        Set<Long> found = new TreeSet<>();
        for (String pid : pids.lines().toList()) {
            Path name = Path.of("/proc", pid, "comm");
            if (Files.exists(name) && COMPONENTS.contains(Files.readString(name).strip())) {
                found.add(Long.valueOf(pid));
            }
        }
        return found;
    }
}
