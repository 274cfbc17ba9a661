package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A real kubelet with everything from the agent: kubeconfig, drop-in, serving pair. Its own configuration says only what a test
 * machine needs. Its node is never Ready, as there is no CNI plugin; pods in the host's network run all the same.
 */
final class Kubelet implements AutoCloseable {
    static final int PORT = 10250;
    private static final int LEASE_SECONDS = 4;
    private static final String HEALTH = "http://127.0.0.1:10248/healthz";

    private final NetworkNamespace node;
    private final RunningProcess process;

    private Kubelet(NetworkNamespace node, RunningProcess process) {
        this.node = node;
        this.process = process;
    }

    /**
     * Starts it and returns when it says that it is healthy.
     *
     * @param folder for its configuration
     */
    static Kubelet start(Binaries binaries, NodeAgent agent, Containerd containerd, Path folder) {
        return start(binaries, agent, containerd, folder, "");
    }

    /** The same with static pods, the manifests of which are in a folder. */
    static Kubelet startWithStaticPods(
            Binaries binaries, NodeAgent agent, Containerd containerd, Path folder, Path manifests) {
        return start(binaries, agent, containerd, folder, "staticPodPath: " + manifests.toAbsolutePath() + "\n");
    }

    private static Kubelet start(
            Binaries binaries, NodeAgent agent, Containerd containerd, Path folder, String further) {
        var node = agent.node();
        var process =
                node.start("kubelet", arguments(binaries, agent, containerd, folder, LEASE_SECONDS, further), Map.of());
        process.awaitReady(Duration.ofSeconds(60), () -> isHealthy(node));
        return new Kubelet(node, process);
    }

    /**
     * Starts it as somebody does who prefers TLS bootstrapping: with a token, and with no certificate but the cluster's
     * authority from the agent. It asks for its own, client and serving.
     *
     * @param bootstrap the kubeconfig with the token
     * @param folder for what it keeps, its certificates included
     */
    static Kubelet bootstrap(Binaries binaries, NodeAgent agent, Containerd containerd, Path bootstrap, Path folder) {
        var node = agent.node();
        var further = """
                rotateCertificates: true
                serverTLSBootstrap: true
                authentication: {anonymous: {enabled: false}, x509: {clientCAFile: "%s"}}
                """.formatted(agent.files().pki("client-ca.crt"));
        var process = node.start(
                "kubelet",
                containerd.beside(List.of(
                        binaries.path("kubelet"),
                        "--config=" + configuration(node, containerd, folder, LEASE_SECONDS, further),
                        "--bootstrap-kubeconfig=" + bootstrap,
                        "--kubeconfig=" + folder.resolve("kubelet.conf"),
                        "--cert-dir=" + folder,
                        "--hostname-override=" + node.name(),
                        "--node-ip=" + node.address(),
                        "--v=2")),
                Map.of());
        process.awaitReady(Duration.ofSeconds(90), () -> isHealthy(node));
        return new Kubelet(node, process);
    }

    /**
     * How it is started.
     *
     * @param leaseSeconds for how long its word that the node lives counts; it says so four times as often
     */
    static List<String> arguments(
            Binaries binaries, NodeAgent agent, Containerd containerd, Path folder, int leaseSeconds) {
        return arguments(binaries, agent, containerd, folder, leaseSeconds, "");
    }

    private static List<String> arguments(
            Binaries binaries, NodeAgent agent, Containerd containerd, Path folder, int leaseSeconds, String further) {
        var node = agent.node();
        var files = agent.files();
        return containerd.beside(List.of(
                binaries.path("kubelet"),
                "--config=" + configuration(node, containerd, folder, leaseSeconds, further),
                "--config-dir=" + files.folder().resolve("certfleet/kubelet"),
                "--kubeconfig=" + files.kubeconfig("kubelet.conf"),
                "--hostname-override=" + node.name(),
                "--node-ip=" + node.address(),
                "--v=2"));
    }

    static boolean isHealthy(NetworkNamespace node) {
        return node.command("curl", "--silent", "--fail", HEALTH).run().succeeded();
    }

    private static Path configuration(
            NetworkNamespace node, Containerd containerd, Path folder, int leaseSeconds, String further) {
        try {
            return Files.writeString(
                            Files.createDirectories(folder).resolve("kubelet.yaml"),
                            """
                    apiVersion: kubelet.config.k8s.io/v1beta1
                    kind: KubeletConfiguration
                    address: %s
                    containerRuntimeEndpoint: %s
                    cgroupDriver: cgroupfs
                    cgroupRoot: %s
                    failCgroupV1: false
                    failSwapOn: false
                    localStorageCapacityIsolation: false
                    evictionHard: {nodefs.available: "0%%", nodefs.inodesFree: "0%%", imagefs.available: "0%%"}
                    imageGCHighThresholdPercent: 100
                    makeIPTablesUtilChains: false
                    nodeLeaseDurationSeconds: %d
                    volumePluginDir: /var/lib/kubelet/volume-plugins
                    """.formatted(
                                                    node.address(),
                                                    containerd.endpoint(),
                                                    containerd.controlGroup(),
                                                    leaseSeconds)
                                    + further)
                    .toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String address() {
        return node.address();
    }

    RunningProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
