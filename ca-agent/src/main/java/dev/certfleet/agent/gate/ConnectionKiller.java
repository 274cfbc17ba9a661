package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Ends TCP connections from outside the program that holds them. */
public interface ConnectionKiller {
    /**
     * Ends the established connections to a local port from these addresses.
     *
     * @return how many there were
     * @throws IOException where it cannot be done
     */
    int kill(int localPort, Collection<String> peers) throws IOException, InterruptedException;

    /** By {@code ss -K} of iproute2, in this process' network namespace; needs CAP_NET_ADMIN and INET_DIAG_DESTROY. */
    final class BySs implements ConnectionKiller {
        private static final long TIMEOUT_SECONDS = 5;
        private static final List<String> USUAL_FOLDERS = List.of("/usr/sbin", "/sbin", "/usr/bin", "/bin");

        /** Where the command is; empty where iproute2 is not installed. */
        public static Optional<Path> command() {
            String path = System.getenv("PATH");
            Stream<String> folders = path == null ? Stream.empty() : Arrays.stream(path.split(":"));
            return Stream.concat(folders, USUAL_FOLDERS.stream())
                    .filter(folder -> !folder.isEmpty())
                    .map(folder -> Path.of(folder).resolve("ss"))
                    .filter(Files::isExecutable)
                    .findFirst();
        }

        @Override
        public int kill(int localPort, Collection<String> peers) throws IOException, InterruptedException {
            Path ss = command().orElseThrow(() -> new IOException("there is no command 'ss'; install iproute2"));
            List<String> command = new ArrayList<>(List.of(
                    ss.toString(), "-K", "-H", "-n", "-t", "state", "established", "sport", "=", ":" + localPort));
            command.addAll(List.of("and", "("));
            boolean first = true;
            for (String peer : peers) {
                if (!first) {
                    command.add("or");
                }
                command.addAll(List.of("dst", "=", peer.contains(":") ? "[" + peer + "]" : peer));
                first = false;
            }
            command.add(")");
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readNBytes(1 << 20), UTF_8);
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("'ss -K' does not end");
            }
            if (process.exitValue() != 0) {
                throw new IOException("'ss -K' failed: " + output.strip());
            }
            return (int) output.lines().filter(line -> !line.isBlank()).count();
        }
    }
}
