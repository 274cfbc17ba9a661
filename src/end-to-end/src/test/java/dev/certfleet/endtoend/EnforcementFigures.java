package dev.certfleet.endtoend;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Measures from the revocation's call to the first refusal at kube-apiserver, seen by a client that was already sending
 * requests over a connection it holds, with warm caches and the settings as shipped. {@code src/bench/run enforcement}.
 */
final class EnforcementFigures {
    private static final Duration PAUSE = Duration.ofMillis(10);
    private static final int WARM_REQUESTS = 100;
    private static final long LIMIT_NANOS = Duration.ofSeconds(20).toNanos();

    private EnforcementFigures() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        int tries = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
        List<Long> millis = new ArrayList<>();
        try (RunningCluster cluster =
                RunningCluster.start(Path.of("target/enforcement").toAbsolutePath())) {
            cluster.bindAdminsByBreakGlass();
            for (int i = 1; i <= tries; i++) {
                long delay = once(cluster, "figures-" + i);
                millis.add(delay);
                System.err.println("try " + i + " of " + tries + ": refused after " + delay + " ms");
            }
        }
        Collections.sort(millis);
        System.out.println("{\"tries\": " + tries + ", \"enforce_p50_ms\": " + millis.get(tries / 2)
                + ", \"enforce_max_ms\": " + millis.getLast() + ", \"enforce_min_ms\": " + millis.getFirst() + "}");
    }

    private static long once(RunningCluster cluster, String name) throws IOException, InterruptedException {
        ClientIdentity identity = cluster.issue("kubernetes-admin", name, Map.of());
        String id = cluster.fingerprint(identity.certificate());
        try (ApiConnection connection =
                ApiConnection.open(cluster.kubeApiserver().address(), KubeApiserver.PORT, identity)) {
            for (int i = 0; i < WARM_REQUESTS; i++) {
                expect(200, connection);
                Thread.sleep(PAUSE);
            }
            long called = System.nanoTime();
            Thread revocation =
                    Thread.startVirtualThread(() -> cluster.operator().revoke(id, "keyCompromise"));
            while (status(connection) != 403) {
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

    private static void expect(int wanted, ApiConnection connection) throws IOException {
        int status = status(connection);
        if (status != wanted) {
            throw new AssertionError("expected " + wanted + ", got " + status);
        }
    }

    private static int status(ApiConnection connection) throws IOException {
        return connection.get("/api/v1/namespaces/default").status();
    }
}
