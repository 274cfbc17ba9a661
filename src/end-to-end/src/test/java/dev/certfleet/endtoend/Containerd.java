package dev.certfleet.endtoend;

import dev.certfleet.pki.testing.Needs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A containerd of a node's own, in its network namespace and a mount namespace. What it and the kubelet keep is in memory, at
 * the places they expect it, which this mount namespace alone sees; every mount ends with the last process in it. There is
 * no CNI: only pods in the host's network can be run.
 */
final class Containerd implements AutoCloseable {
    private static final List<Path> OWN_FOLDERS = List.of(
            Path.of("/run/containerd"),
            Path.of("/var/lib/kubelet"),
            Path.of("/var/log/containers"),
            Path.of("/var/log/pods"));
    private static final String SOCKET = "/run/containerd/containerd.sock";
    private static final List<String> CTR = List.of("ctr", "--namespace", "k8s.io");

    /** The kubelet sets kernel parameters: it gets copies, as it is not its machine. */
    private static final String START = """
            set -eu
            config=$1
            shift
            for folder; do mount -t tmpfs -o mode=755 certfleet-test "$folder"; done
            for name in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \\
                    kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
                copy=/run/containerd/sys/$name
                mkdir -p "${copy%/*}"
                cat "/proc/sys/$name" >"$copy"
                mount --bind "$copy" "/proc/sys/$name"
            done
            exec containerd --config "$config"
            """;

    private final NetworkNamespace node;
    private final List<Path> made = new ArrayList<>();
    private final ControlGroups groups;
    private final RunningProcess process;

    private Containerd(NetworkNamespace node, Path folder) throws IOException {
        this.node = node;
        for (var own : OWN_FOLDERS) {
            makeMountPoint(own);
        }
        this.groups = ControlGroups.create(node);
        var argv = new ArrayList<>(List.of(
                // `ip netns exec` left the machine's mounts, and with them the control groups: back to them first.
                "nsenter",
                "--mount=/proc/" + ProcessHandle.current().pid() + "/ns/mnt",
                "unshare",
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                START,
                "containerd",
                configuration(folder).toString()));
        OWN_FOLDERS.forEach(own -> argv.add(own.toString()));
        this.process = node.start("containerd", argv, Map.of());
    }

    /**
     * Starts it and returns when it has the {@link LocalImage}.
     *
     * @param folder for its configuration and the image
     */
    static Containerd start(NetworkNamespace node, Path folder) {
        for (var program : List.of("containerd", "containerd-shim-runc-v2", "ctr", "runc", "nsenter", "unshare")) {
            Needs.met(isThere(program), program + " (Debian's containerd, runc, util-linux)");
        }
        try {
            Files.createDirectories(folder);
            var containerd = new Containerd(node, folder);
            try {
                containerd.process.awaitReady(
                        Duration.ofSeconds(60), () -> containerd.ctr("version").succeeded());
                containerd
                        .ctr("images", "import", LocalImage.make(folder).toString())
                        .orFail();
            } catch (RuntimeException | AssertionError e) {
                containerd.close();
                throw e;
            }
            return containerd;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isThere(String program) {
        return Command.of("sh", "-c", "command -v \"$0\"", program).run().succeeded();
    }

    private void makeMountPoint(Path folder) throws IOException {
        var parent = folder.getParent();
        if (parent != null && !Files.exists(parent)) {
            makeMountPoint(parent);
        }
        if (!Files.exists(folder)) {
            Files.createDirectory(folder);
            made.add(folder);
        }
    }

    private static Path configuration(Path folder) throws IOException {
        return Files.writeString(folder.resolve("containerd.toml"), """
                version = 2
                root = "/run/containerd/root"
                state = "/run/containerd/state"
                [grpc]
                  address = "%s"
                [plugins."io.containerd.grpc.v1.cri"]
                  sandbox_image = "%s"
                  # Lower than its own it may not be set everywhere, even by root.
                  restrict_oom_score_adj = true
                  [plugins."io.containerd.grpc.v1.cri".cni]
                    bin_dir = "/run/containerd/no-cni"
                    conf_dir = "/run/containerd/no-cni"
                """.formatted(SOCKET, LocalImage.NAME))
                .toAbsolutePath();
    }

    /** For the kubelet, which has to be started {@link #beside beside} it. */
    String endpoint() {
        return "unix://" + SOCKET;
    }

    /** The kubelet's {@code cgroupRoot}. */
    String controlGroup() {
        return groups.path();
    }

    /** That command in this mount namespace. */
    List<String> beside(List<String> argv) {
        return Command.concat(List.of("nsenter", "--mount=/proc/" + process.pid() + "/ns/mnt"), argv);
    }

    private Command.Result ctr(String... arguments) {
        return node.command(beside(Command.concat(CTR, List.of(arguments))).toArray(String[]::new))
                .run();
    }

    RunningProcess process() {
        return process;
    }

    /** Ends the containers, itself, and whatever was in its control groups. A shim that is left goes with the node. */
    @Override
    public void close() {
        try {
            if (process.isAlive()) {
                ctr("tasks", "list", "--quiet")
                        .stdout()
                        .lines()
                        .forEach(task -> ctr("tasks", "delete", "--force", task));
            }
            process.close();
        } finally {
            groups.close();
            made.reversed().forEach(Containerd::removeMountPoint);
        }
    }

    private static void removeMountPoint(Path folder) {
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // Somebody else uses it by now.
        }
    }
}
