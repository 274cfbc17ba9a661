package dev.certfleet.agent.net;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Ends established TCP connections to ports of this node by the kernel's own means: {@code ss --kill}, of Debian's iproute2,
 * in the network namespace that the agent runs in. It needs CAP_NET_ADMIN and a kernel with INET_DIAG_DESTROY. Both ends
 * see a reset; whoever may connect connects again.
 */
public final class ConnectionCutter {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final String SS = "ss";
    private static final List<String> USUAL_FOLDERS = List.of("/usr/sbin", "/sbin", "/usr/bin", "/bin");

    private final String program;

    public ConnectionCutter() {
        this(SS);
    }

    /** False where iproute2 is not installed. */
    public static boolean isAvailable() {
        return find(SS).isPresent();
    }

    private static Optional<Path> find(String program) {
        String path = System.getenv("PATH");
        Stream<String> folders = path == null ? Stream.empty() : Arrays.stream(path.split(":"));
        return Stream.concat(folders, USUAL_FOLDERS.stream())
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder).resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** @param program in place of {@code ss} */
    ConnectionCutter(String program) {
        this.program = program;
    }

    /**
     * Ends the connections to any of these ports of this node that come from any of these addresses, and no others.
     *
     * @return how many were ended
     * @throws IOException where that does not work, saying what to do
     */
    public int cut(Set<Integer> localPorts, Collection<InetAddress> from) throws IOException, InterruptedException {
        if (localPorts.isEmpty() || from.isEmpty()) {
            return 0;
        }
        List<String> which = new ArrayList<>(List.of("state", "connected", "exclude", "time-wait"));
        which.add(filter(localPorts, from));
        Set<String> ended = connections("--kill", which);
        Set<String> left = new HashSet<>(connections("--all", which));
        left.retainAll(ended);
        if (!left.isEmpty()) {
            throw new IOException("the kernel ended none of " + left.size()
                    + " connections; it has to be built with INET_DIAG_DESTROY");
        }
        return ended.size();
    }

    /** In the language of ss(8). */
    static String filter(Set<Integer> localPorts, Collection<InetAddress> from) {
        String ports =
                localPorts.stream().sorted().map(port -> "sport = :" + port).collect(Collectors.joining(" or "));
        String addresses = from.stream()
                .map(address -> "dst = " + literal(address))
                .distinct()
                .sorted()
                .collect(Collectors.joining(" or "));
        return "( " + ports + " ) and ( " + addresses + " )";
    }

    private static String literal(InetAddress address) {
        String text = address.getHostAddress();
        int zone = text.indexOf('%');
        String bare = zone < 0 ? text : text.substring(0, zone);
        return address instanceof Inet6Address ? "[" + bare + "]" : bare;
    }

    /** The two ends of each connection. */
    private Set<String> connections(String action, List<String> which) throws IOException, InterruptedException {
        Path found = find(program)
                .orElseThrow(() -> new IOException("there is no " + program + "; install the package iproute2"));
        List<String> command = new ArrayList<>(List.of(found.toString(), action, "--tcp", "--numeric", "--no-header"));
        command.addAll(which);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), UTF_8);
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException(program + " did not end within " + LIMIT.toSeconds() + " s");
            }
            if (process.exitValue() != 0 || said.contains("RTNETLINK answers")) {
                throw new IOException(program + " " + action + " failed: " + said.strip());
            }
            return said.lines().map(ConnectionCutter::ends).collect(Collectors.toSet());
        } finally {
            process.destroyForcibly();
        }
    }

    private static String ends(String line) {
        String[] columns = line.strip().split("\\s+");
        return columns.length < 5 ? line : columns[3] + " " + columns[4];
    }
}
