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
 * A machine that systemd runs, as near to a VM as a test gets: a Debian of its own, booted by systemd-nspawn in a node's network
 * namespace. Its disk is a folder, which outlives a reboot.
 */
final class SystemdMachine implements Place, AutoCloseable {
    private static final Path BUILDER = Path.of("build-machine").toAbsolutePath();
    private static final Duration BOOT = Duration.ofSeconds(60);

    private final NetworkNamespace node;
    private final Path disk;
    private final Path log;
    private final List<Path> shared;
    private RunningProcess process;

    private SystemdMachine(NetworkNamespace node, Path disk, Path log, List<Path> shared) {
        this.node = node;
        this.disk = disk;
        this.log = log;
        this.shared = shared;
        this.process = start();
    }

    /**
     * Installs it and boots it.
     *
     * @param node whose name and network it has
     * @param disk the folder that becomes its disk
     * @param shared folders of this machine that it sees at the same place, and cannot write to
     */
    static SystemdMachine boot(NetworkNamespace node, Path disk, Path log, List<Path> shared) {
        Needs.met(
                Command.of("sh", "-c", "command -v systemd-nspawn").run().succeeded(),
                "systemd-nspawn (Debian's systemd-container)");
        var builder = Command.of(BUILDER.toString(), "--print-folder");
        for (var name : List.of("CERTFLEET_CACHE", "XDG_CACHE_HOME", "HOME")) {
            var value = System.getenv(name);
            if (value != null) {
                builder.environment(name, value);
            }
        }
        var debian = Path.of(builder.run().orFail().stdout().strip());
        Needs.met(Files.isDirectory(debian), "a Debian in " + debian + " (src/end-to-end/build-machine)");
        Command.of("cp", "--archive", "--reflink=auto", debian.toString(), disk.toString())
                .run()
                .orFail();
        var machine = disk.toAbsolutePath();
        try {
            Files.writeString(machine.resolve("etc/hostname"), node.name() + "\n");
            // The network is there from outside: nothing in the machine sets it up, or would know when it is.
            Files.createSymbolicLink(
                    machine.resolve("etc/systemd/system/systemd-networkd-wait-online.service"), Path.of("/dev/null"));
            // What does not end by itself must not keep a test from ending.
            Files.writeString(
                    Files.createDirectories(machine.resolve("etc/systemd/system.conf.d"))
                            .resolve("test.conf"),
                    "[Manager]\nDefaultTimeoutStopSec=5s\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new SystemdMachine(node, machine, log, shared);
    }

    private RunningProcess start() {
        var argv = new ArrayList<>(List.of(
                "systemd-nspawn",
                "--quiet",
                "--boot",
                "--directory=" + disk,
                "--machine=" + node.name(),
                "--register=no",
                "--keep-unit",
                "--network-namespace-path=/run/netns/" + node.namespace(),
                // What a VM's root may, and the agent needs to end connections of the revoked.
                "--capability=CAP_NET_ADMIN",
                "--resolv-conf=off",
                "--timezone=off",
                "--link-journal=no"));
        shared.forEach(folder -> argv.add("--bind-ro=" + folder));
        var started = RunningProcess.start("the machine " + node.name(), log, argv, Map.of());
        return started.awaitReady(
                BOOT,
                () -> command(started, "systemctl", "is-system-running", "--wait")
                        .run()
                        .succeeded());
    }

    /** A command that will run on it, as root. */
    @Override
    public Command command(String... argv) {
        return command(process, argv);
    }

    private static Command command(RunningProcess machine, String... argv) {
        return Command.of(
                Command.concat(List.of("nsenter", "--target=" + init(machine), "--all", "--"), List.of(argv)));
    }

    /** The process that is number 1 there. */
    private static long init(RunningProcess machine) {
        return ProcessHandle.of(machine.pid()).stream()
                .flatMap(ProcessHandle::children)
                .mapToLong(ProcessHandle::pid)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the machine does not run"));
    }

    /** Where a file of its disk is for the test. */
    Path file(String path) {
        return disk.resolve(path);
    }

    /** Writes a file, readable by all. */
    void write(String path, String contents) {
        try {
            var file = file(path);
            Files.createDirectories(file.getParent());
            Files.writeString(file, contents);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A property of a unit, as {@code systemctl show} has it. */
    String property(String unit, String name) {
        return command("systemctl", "show", "--value", "--property=" + name, unit)
                .run()
                .orFail()
                .stdout()
                .strip();
    }

    /** The end of a unit's journal. */
    String journal(String unit) {
        return command("journalctl", "--no-pager", "--lines=60", "--output=cat", "--unit=" + unit)
                .run()
                .output();
    }

    NetworkNamespace node() {
        return node;
    }

    /** Shuts it down in order, and boots it. */
    void reboot() {
        process.stop();
        process = start();
    }

    @Override
    public void close() {
        process.close();
    }
}
