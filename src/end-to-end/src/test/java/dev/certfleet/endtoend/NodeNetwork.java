package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A network of its own for one test. Each node is a network namespace with an address in 198.18.x.0/24 (the range set aside
 * for tests), all on one bridge; the machine itself, where the test runs, is on it as {@link #hostAddress()}.
 *
 * <p>The bridge is in a namespace too: in the machine's own, a firewall that Docker put there would drop what crosses it.
 *
 * <p>Names carry the process id of the test that made them. Each new network first removes those whose test is no longer
 * alive, with every process in them, so that a test that crashed leaves nothing behind for longer than that.
 */
final class NodeNetwork implements AutoCloseable {
    private static final String PREFIX = "certfleet-";
    private static final Path LOCK = Path.of(System.getProperty("java.io.tmpdir"), "certfleet-test-network.lock");

    private final int subnet;
    private final String bridge;
    private final Path logs;
    private final List<NetworkNamespace> nodes = new ArrayList<>();
    private final Thread atExit = new Thread(this::removeAll);

    private NodeNetwork(int subnet, Path logs) {
        this.subnet = subnet;
        this.bridge = PREFIX + ProcessHandle.current().pid() + "-" + subnet;
        this.logs = logs;
    }

    /** @param logs the folder for what the programs on the nodes say, one file each */
    static NodeNetwork create(Path logs) {
        // Two tests that choose at the same moment would choose the same subnet.
        try (var channel = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.lock();
            removeWhatCrashedTestsLeft();
            var network = new NodeNetwork(freeSubnet(), logs);
            Runtime.getRuntime().addShutdownHook(network.atExit);
            try {
                network.makeBridge();
            } catch (AssertionError e) {
                network.close();
                throw e;
            }
            return network;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The machine's own address on this network: where a server that the test runs outside the nodes is reached. */
    String hostAddress() {
        return address(1);
    }

    /** Adds a machine. */
    NetworkNamespace node(String name) {
        int number = nodes.size() + 11;
        var node = new NetworkNamespace(name, bridge + "-" + name, address(number), logs.resolve(name));
        nodes.add(node);
        var port = "node-" + number;
        node.create();
        ip(
                "-n",
                bridge,
                "link",
                "add",
                "name",
                port,
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                node.namespace());
        ip("-n", bridge, "link", "set", "dev", port, "master", "bridge", "up");
        node.bringUp(address(number) + "/24");
        return node;
    }

    private String address(int number) {
        return "198.18." + subnet + "." + number;
    }

    /** At most 15 characters: the kernel's limit for the name of an interface. */
    private String interfaceOnHost() {
        return "certfleet" + subnet;
    }

    private void makeBridge() {
        ip("netns", "add", bridge);
        ip("-n", bridge, "link", "add", "name", "bridge", "type", "bridge");
        ip("-n", bridge, "link", "set", "dev", "bridge", "up");
        ip("link", "add", "name", interfaceOnHost(), "type", "veth", "peer", "name", "host", "netns", bridge);
        ip("-n", bridge, "link", "set", "dev", "host", "master", "bridge", "up");
        ip("addr", "add", hostAddress() + "/24", "dev", interfaceOnHost());
        ip("link", "set", "dev", interfaceOnHost(), "up");
    }

    private static int freeSubnet() {
        var inUse = Command.of("ip", "-o", "-4", "addr", "show").run().orFail().stdout();
        return IntStream.range(0, 256)
                .filter(subnet -> !inUse.contains(" 198.18." + subnet + "."))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no free subnet in 198.18.0.0/16:\n" + inUse));
    }

    private static void removeWhatCrashedTestsLeft() {
        for (var namespace : namespaces()) {
            var parts = namespace.split("-", 3);
            if (namespace.startsWith(PREFIX) && parts.length == 3 && !isAlive(parts[1])) {
                NetworkNamespace.remove(namespace);
            }
        }
    }

    private static boolean isAlive(String pid) {
        return Files.exists(Path.of("/proc", pid));
    }

    private static List<String> namespaces() {
        return Command.of("ip", "netns", "list")
                .run()
                .orFail()
                .stdout()
                .lines()
                .map(line -> line.split(" ", 2)[0])
                .toList();
    }

    static void ip(String... arguments) {
        Command.of(Command.concat(List.of("ip"), List.of(arguments))).run().orFail();
    }

    /** Ends every process on the nodes and removes all of it. */
    @Override
    public void close() {
        removeAll();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }

    private void removeAll() {
        nodes.forEach(NetworkNamespace::close);
        NetworkNamespace.remove(bridge);
        // Taken down with its peer, but not at once: the next network must not find the address still in use.
        Command.of("ip", "link", "del", "dev", interfaceOnHost()).run();
    }
}
