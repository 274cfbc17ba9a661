package dev.certfleet.endtoend;

import java.time.Duration;
import java.util.List;

/** The threads of what makes traffic. */
final class Clients {
    private Clients() {}

    /** Interrupts all, then waits for each until it ended, for {@code patience} at most. */
    static void end(List<Thread> clients, Duration patience) {
        clients.forEach(Thread::interrupt);
        for (var client : clients) {
            try {
                client.join(patience);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
