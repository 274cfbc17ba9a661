package dev.certfleet.endtoend;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A machine of the test's cluster: a network namespace with an address, and the programs that were started in it. */
final class NetworkNamespace implements Place, AutoCloseable {
    private final String name;
    private final String namespace;
    private final String address;
    private final Path logs;
    private final List<RunningProcess> processes = new ArrayList<>();

    NetworkNamespace(String name, String namespace, String address, Path logs) {
        this.name = name;
        this.namespace = namespace;
        this.address = address;
        this.logs = logs;
    }

    /** The node's name, e.g. {@code cp-1}. */
    String name() {
        return name;
    }

    /** The name under which the kernel's tools know it. */
    String namespace() {
        return namespace;
    }

    String address() {
        return address;
    }

    void create() {
        NodeNetwork.ip("netns", "add", namespace);
    }

    void bringUp(String addressWithLength) {
        NodeNetwork.ip("-n", namespace, "addr", "add", addressWithLength, "dev", "eth0");
        NodeNetwork.ip("-n", namespace, "link", "set", "dev", "eth0", "up");
        NodeNetwork.ip("-n", namespace, "link", "set", "dev", "lo", "up");
    }

    /** A command that will run on this node. {@code ip netns exec} becomes the program itself, so its process id is that. */
    @Override
    public Command command(String... argv) {
        return Command.of(here(List.of(argv)));
    }

    /** Starts a program on this node; its output goes to a file of that name. */
    RunningProcess start(String program, List<String> argv, Map<String, String> environment) {
        var process =
                RunningProcess.start(program + " on " + name, logs.resolve(program + ".log"), here(argv), environment);
        processes.add(process);
        return process;
    }

    /** The established TCP connections from this node to that port of whichever node, by their local ends. */
    Set<String> connectionsTo(int port) {
        return command("ss", "--no-header", "--tcp", "--numeric", "state", "established", "dport", "=", ":" + port)
                .run()
                .orFail()
                .stdout()
                .lines()
                .map(line -> line.strip().split(" +")[2])
                .collect(Collectors.toSet());
    }

    /** Unplugs the node from the network, or plugs it in again. */
    void setConnected(boolean connected) {
        NodeNetwork.ip("-n", namespace, "link", "set", "dev", "eth0", connected ? "up" : "down");
    }

    private List<String> here(List<String> argv) {
        return Command.concat(List.of("ip", "netns", "exec", namespace), argv);
    }

    @Override
    public void close() {
        processes.reversed().forEach(RunningProcess::close);
        remove(namespace);
    }

    /** Removes a namespace after ending what still runs in it: a process would keep it, and its address, alive unseen. */
    static void remove(String namespace) {
        pidsIn(namespace).forEach(ProcessHandle::destroyForcibly);
        Await.until(
                "nothing runs in " + namespace,
                Duration.ofSeconds(10),
                () -> pidsIn(namespace).findAny().isEmpty());
        Command.of("ip", "netns", "del", namespace).run();
    }

    private static Stream<ProcessHandle> pidsIn(String namespace) {
        return Command.of("ip", "netns", "pids", namespace)
                .run()
                .stdout()
                .lines()
                .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)).stream());
    }

    @Override
    public String toString() {
        return name + " (" + address + ")";
    }
}
