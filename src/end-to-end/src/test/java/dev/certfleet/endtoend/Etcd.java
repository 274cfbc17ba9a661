package dev.certfleet.endtoend;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** An etcd, of one member unless said otherwise, that takes mutual TLS only, with nothing but the files it is given. */
final class Etcd implements AutoCloseable {
    static final int CLIENT_PORT = 2379;

    private final RunningProcess process;
    private final String url;

    private Etcd(RunningProcess process, String url) {
        this.process = process;
        this.url = url;
    }

    /** Starts it and returns when it answers its own health-check certificate. */
    static Etcd start(
            Binaries binaries, NetworkNamespace node, KubernetesFolder files, Path data, String... furtherArguments) {
        var clients = urlOf(node);
        var process = node.start(
                "etcd",
                Command.concat(arguments(binaries, node, files, data, List.of(node)), List.of(furtherArguments)),
                Map.of());
        process.awaitReady(Duration.ofSeconds(60), () -> isHealthy(binaries, node, files));
        return new Etcd(process, clients);
    }

    /** Where clients reach the etcd of that node. */
    static String urlOf(NetworkNamespace node) {
        return "https://" + node.address() + ":" + CLIENT_PORT;
    }

    private static String peerUrlOf(NetworkNamespace node) {
        return "https://" + node.address() + ":2380";
    }

    /**
     * How it is started.
     *
     * @param members the nodes of all members that the cluster begins with, this one among them
     */
    static List<String> arguments(
            Binaries binaries,
            NetworkNamespace node,
            KubernetesFolder files,
            Path data,
            List<NetworkNamespace> members) {
        var clients = urlOf(node);
        var peers = peerUrlOf(node);
        return List.of(
                binaries.path("etcd"),
                "--name=" + node.name(),
                "--data-dir=" + data.toAbsolutePath(),
                // Its data is of no worth after the test.
                "--unsafe-no-fsync",
                "--listen-client-urls=" + clients + ",https://127.0.0.1:" + CLIENT_PORT,
                "--advertise-client-urls=" + clients,
                "--listen-peer-urls=" + peers,
                "--initial-advertise-peer-urls=" + peers,
                "--initial-cluster="
                        + members.stream()
                                .map(member -> member.name() + "=" + peerUrlOf(member))
                                .collect(Collectors.joining(",")),
                "--listen-metrics-urls=http://127.0.0.1:2381",
                "--client-cert-auth=true",
                "--trusted-ca-file=" + files.pki("etcd/ca.crt"),
                "--cert-file=" + files.pki("etcd/server.crt"),
                "--key-file=" + files.pki("etcd/server.key"),
                "--peer-client-cert-auth=true",
                "--peer-trusted-ca-file=" + files.pki("etcd/ca.crt"),
                "--peer-cert-file=" + files.pki("etcd/peer.crt"),
                "--peer-key-file=" + files.pki("etcd/peer.key"));
    }

    /** Whether it answers its own health-check certificate, which takes a quorum. */
    static boolean isHealthy(Binaries binaries, NetworkNamespace node, KubernetesFolder files) {
        return node.command(
                        binaries.path("etcdctl"),
                        "--endpoints=" + urlOf(node),
                        "--cacert=" + files.pki("etcd/ca.crt"),
                        "--cert=" + files.pki("etcd/healthcheck-client.crt"),
                        "--key=" + files.pki("etcd/healthcheck-client.key"),
                        "endpoint",
                        "health")
                .run()
                .succeeded();
    }

    /** Where its clients connect. */
    String url() {
        return url;
    }

    RunningProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
