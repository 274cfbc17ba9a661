package dev.certfleet.agent.gate;

import dev.certfleet.pki.wire.AgentAlarm;
import java.io.IOException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Tells the server what must not go unseen: once for each credential, again and again until the server took it. Anyone who
 * may create SubjectAccessReviews can invent credentials, so what waits is bounded; what finds no room is counted, and is
 * raised when that credential is seen again.
 */
final class Alarms {
    static final String UNKNOWN_CREDENTIAL = "unknown-credential";

    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");
    private static final int MAX_WAITING = 256;
    private static final int MAX_REMEMBERED = 4096;

    private final ServerConnection server;
    private final RetryDelay delay;
    private final Clock clock;
    private final GateMetrics metrics;
    private final BlockingQueue<AgentAlarm> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final Map<Fingerprint, Boolean> raised = new LinkedHashMap<>();

    Alarms(ServerConnection server, RetryDelay delay, Clock clock, GateMetrics metrics) {
        this.server = server;
        this.delay = delay;
        this.clock = clock;
        this.metrics = metrics;
    }

    void neverIssued(Fingerprint id, String caller) {
        synchronized (raised) {
            if (raised.containsKey(id)) {
                return;
            }
            AgentAlarm alarm = new AgentAlarm(
                    UNKNOWN_CREDENTIAL,
                    id.hex(),
                    "a client certificate that the CA never issued was shown to kube-apiserver by " + caller,
                    clock.instant().toString());
            if (!waiting.offer(alarm)) {
                metrics.count("alarm-without-room");
                return;
            }
            raised.put(id, true);
            if (raised.size() > MAX_REMEMBERED) {
                raised.remove(raised.keySet().iterator().next());
            }
        }
        metrics.count("alarm-raised");
        LOG.log(
                System.Logger.Level.ERROR,
                "ALARM: the CA never issued the client certificate {0}, shown by {1}: is a CA key stolen?",
                id,
                caller);
    }

    /** Sends what waits, until interrupted. */
    void run() throws InterruptedException {
        int failures = 0;
        while (!Thread.currentThread().isInterrupted()) {
            AgentAlarm next = waiting.take();
            boolean sent = false;
            while (!sent) {
                try {
                    server.alarm(next);
                    metrics.count("alarm-sent");
                    failures = 0;
                    sent = true;
                } catch (IOException e) {
                    metrics.count("alarm-failed");
                    failures++;
                    Thread.sleep(delay.after(failures));
                }
            }
        }
    }
}
