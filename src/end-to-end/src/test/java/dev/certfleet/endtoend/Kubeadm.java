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
    private final NodeAgent agent;
    private final Path configuration;

    Kubeadm(Binaries binaries, NodeAgent agent, String endpoint, Path folder) {
        this.binaries = binaries;
        this.agent = agent;
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
                            """.formatted(agent.node().address(), agent.node().name(), endpoint))
                    .toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code kubeadm init phase …} with the configuration. */
    Command.Result phase(String... phase) {
        return run("init", "phase", String.join(" ", phase), "--config=" + configuration);
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
            return agent.node()
                    .command(
                            "unshare",
                            "--mount",
                            "--propagation",
                            "private",
                            "sh",
                            "-c",
                            "mount --bind \"$1\" " + PLACE + " && shift && exec $*",
                            "kubeadm",
                            agent.files().folder().toString(),
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
