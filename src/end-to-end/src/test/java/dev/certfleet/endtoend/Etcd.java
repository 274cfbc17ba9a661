package dev.certfleet.endtoend;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** An etcd of one member that takes mutual TLS only, with nothing but the files it is given. */
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
        var clients = "https://" + node.address() + ":" + CLIENT_PORT;
        var peers = "https://" + node.address() + ":2380";
        var arguments = List.of(
                binaries.path("etcd"),
                "--name=" + node.name(),
                "--data-dir=" + data.toAbsolutePath(),
                // Its data is of no worth after the test.
                "--unsafe-no-fsync",
                "--listen-client-urls=" + clients + ",https://127.0.0.1:" + CLIENT_PORT,
                "--advertise-client-urls=" + clients,
                "--listen-peer-urls=" + peers,
                "--initial-advertise-peer-urls=" + peers,
                "--initial-cluster=" + node.name() + "=" + peers,
                "--listen-metrics-urls=http://127.0.0.1:2381",
                "--client-cert-auth=true",
                "--trusted-ca-file=" + files.pki("etcd/ca.crt"),
                "--cert-file=" + files.pki("etcd/server.crt"),
                "--key-file=" + files.pki("etcd/server.key"),
                "--peer-client-cert-auth=true",
                "--peer-trusted-ca-file=" + files.pki("etcd/ca.crt"),
                "--peer-cert-file=" + files.pki("etcd/peer.crt"),
                "--peer-key-file=" + files.pki("etcd/peer.key"));
        var process = node.start("etcd", Command.concat(arguments, List.of(furtherArguments)), Map.of());
        process.awaitReady(
                Duration.ofSeconds(60),
                () -> node.command(
                                binaries.path("etcdctl"),
                                "--endpoints=" + clients,
                                "--cacert=" + files.pki("etcd/ca.crt"),
                                "--cert=" + files.pki("etcd/healthcheck-client.crt"),
                                "--key=" + files.pki("etcd/healthcheck-client.key"),
                                "endpoint",
                                "health")
                        .run()
                        .succeeded());
        return new Etcd(process, clients);
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
