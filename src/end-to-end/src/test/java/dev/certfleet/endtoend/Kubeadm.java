package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * kubeadm on a node. It looks for kubeconfigs in {@code /etc/kubernetes} and nowhere else, so it runs in a mount namespace
 * where that is the node's folder.
 */
final class Kubeadm {
    private static final Path PLACE = Path.of("/etc/kubernetes");

    private final Binaries binaries;
    private final NetworkNamespace node;
    private final KubernetesFolder files;
    private final Path configuration;

    /**
     * @param endpoint the cluster's, with a port
     * @param folder for its configuration
     */
    Kubeadm(Binaries binaries, NetworkNamespace node, KubernetesFolder files, String endpoint, Path folder) {
        this.binaries = binaries;
        this.node = node;
        this.files = files;
        try {
            this.configuration = Files.writeString(
                            Files.createDirectories(folder).resolve("kubeadm.yaml"),
                            """
                            apiVersion: kubeadm.k8s.io/v1beta4
                            kind: InitConfiguration
                            localAPIEndpoint: {advertiseAddress: "%s"}
                            nodeRegistration: {name: "%s", criSocket: "unix:///run/none.sock"}
                            ---
                            apiVersion: kubeadm.k8s.io/v1beta4
                            kind: ClusterConfiguration
                            kubernetesVersion: v1.34.4
                            controlPlaneEndpoint: "%s"
                            networking: {serviceSubnet: 10.96.0.0/12}
                            """.formatted(node.address(), node.name(), endpoint))
                    .toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code kubeadm init phase …} with the configuration. */
    Command.Result phase(String... phase) {
        return run("init", "phase", String.join(" ", phase), "--config=" + configuration);
    }

    /** {@code kubeadm certs renew all}. */
    Command.Result renewAll() {
        return run("certs", "renew", "all", "--config=" + configuration);
    }

    Command.Result checkExpiration() {
        return run("certs", "check-expiration", "", "--config=" + configuration);
    }

    private Command.Result run(String... arguments) {
        boolean made = false;
        try {
            if (!Files.exists(PLACE)) {
                Files.createDirectory(PLACE);
                made = true;
            }
            return node.command(
                            "unshare",
                            "--mount",
                            "--propagation",
                            "private",
                            "sh",
                            "-c",
                            "mount --bind \"$1\" " + PLACE + " && shift && exec $*",
                            "kubeadm",
                            files.folder().toString(),
                            binaries.path("kubeadm"),
                            String.join(" ", arguments))
                    .run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (made) {
                PLACE.toFile().delete();
            }
        }
    }
}
