package dev.certfleet.endtoend;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Certificates issued one after the other by several clients over REST, until closed. */
final class IssuanceLoad implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final LongAdder issued = new LongAdder();
    private final List<Thread> clients = new ArrayList<>();
    private final long started = System.nanoTime();
    private volatile boolean stopped;
    private volatile String failure = "";

    private IssuanceLoad() {}

    /** @param request a PKCS#10 request, PEM, of which each certificate is issued */
    static IssuanceLoad start(RunningCluster cluster, Path request, int clients, Duration pause) throws Exception {
        var load = new IssuanceLoad();
        var body = Map.of("profile", "kubernetes-admin", "csr", Files.readString(request));
        for (int i = 0; i < clients; i++) {
            load.clients.add(Thread.ofVirtual().start(() -> load.issue(cluster.operator(), body, pause)));
        }
        return load;
    }

    private void issue(Operator operator, Map<String, String> body, Duration pause) {
        try {
            while (!stopped) {
                operator.post("/clusters/" + RunningCluster.CLUSTER + "/certificates", body)
                        .expect(201);
                issued.increment();
                Thread.sleep(pause);
            }
        } catch (InterruptedException e) {
            stopped = true;
        } catch (RuntimeException | AssertionError e) {
            failure = e.toString();
        }
    }

    /** Certificates a second since the start. */
    double rate() {
        if (!failure.isEmpty()) {
            throw new AssertionError("the load broke off: " + failure);
        }
        return issued.sum() * 1e9 / (System.nanoTime() - started);
    }

    @Override
    public void close() {
        stopped = true;
        try {
            for (var client : clients) {
                client.join(PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
