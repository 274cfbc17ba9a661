package dev.certfleet.endtoend;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures from the revocation's call to the first refusal at kube-apiserver, seen by a client that was already sending
 * requests over a connection it holds, with warm caches and the settings as shipped, while others have certificates issued.
 * {@code src/bench/run enforcement}.
 */
final class EnforcementFigures {
    private static final Duration PAUSE = Duration.ofMillis(10);
    private static final int WARM_REQUESTS = 100;
    private static final long LIMIT_NANOS = Duration.ofSeconds(20).toNanos();
    private static final int ISSUING_CLIENTS = 4;
    private static final Duration BETWEEN_ISSUANCES = Duration.ofMillis(50);

    private EnforcementFigures() {}

    public static void main(String[] arguments) throws Exception {
        int tries = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
        List<Long> millis = new ArrayList<>();
        double rate;
        try (RunningCluster cluster =
                RunningCluster.start(Path.of("target/enforcement").toAbsolutePath())) {
            cluster.bindAdminsByBreakGlass();
            cluster.issue("kubernetes-admin", "load", Map.of());
            Path request = cluster.folder().resolve("users/load.csr");
            try (IssuanceLoad load = IssuanceLoad.start(cluster, request, ISSUING_CLIENTS, BETWEEN_ISSUANCES)) {
                for (int i = 1; i <= tries; i++) {
                    long delay = once(cluster, "figures-" + i);
                    millis.add(delay);
                    System.err.println("try " + i + " of " + tries + ": refused after " + delay + " ms");
                }
                rate = load.rate();
            }
        }
        Collections.sort(millis);
        System.out.println(String.format(
                Locale.ROOT,
                "{\"tries\": %d, \"enforce_p50_ms\": %d, \"enforce_p99_ms\": %d, \"enforce_min_ms\": %d,"
                        + " \"enforce_max_ms\": %d, \"issued_per_second_meanwhile\": %.1f}",
                tries,
                atQuantile(millis, 0.50),
                atQuantile(millis, 0.99),
                millis.getFirst(),
                millis.getLast(),
                rate));
    }

    private static long atQuantile(List<Long> sorted, double quantile) {
        return sorted.get(Math.max(0, (int) Math.ceil(quantile * sorted.size()) - 1));
    }

    private static long once(RunningCluster cluster, String name) throws IOException, InterruptedException {
        ClientIdentity identity = cluster.issue("kubernetes-admin", name, Map.of());
        String id = cluster.fingerprint(identity.certificate());
        var client = new Client(cluster.kubeApiserver().address(), identity);
        try (client) {
            for (int i = 0; i < WARM_REQUESTS; i++) {
                int status = client.status();
                if (status != 200) {
                    throw new AssertionError("expected 200, got " + status);
                }
                Thread.sleep(PAUSE);
            }
            long called = System.nanoTime();
            Thread revocation =
                    Thread.startVirtualThread(() -> cluster.operator().revoke(id, "keyCompromise"));
            while (client.status() != 403) {
                if (System.nanoTime() - called > LIMIT_NANOS) {
                    throw new AssertionError(name + " was revoked and is not refused");
                }
                Thread.sleep(PAUSE);
            }
            long refused = System.nanoTime();
            revocation.join();
            return Duration.ofNanos(refused - called).toMillis();
        }
    }

    /** Holds one connection; where that is ended, for the revocation's sake too, it makes the next: only an answer counts. */
    private static final class Client implements AutoCloseable {
        private final String address;
        private final ClientIdentity identity;
        private ApiConnection connection;

        Client(String address, ClientIdentity identity) throws IOException {
            this.address = address;
            this.identity = identity;
            this.connection = ApiConnection.open(address, KubeApiserver.PORT, identity);
        }

        int status() throws IOException {
            try {
                return get();
            } catch (IOException e) {
                connection.close();
                connection = ApiConnection.open(address, KubeApiserver.PORT, identity);
                return get();
            }
        }

        private int get() throws IOException {
            return connection.get("/api/v1/namespaces/default").status();
        }

        @Override
        public void close() throws IOException {
            connection.close();
        }
    }
}
