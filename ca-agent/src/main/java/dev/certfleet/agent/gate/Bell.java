package dev.certfleet.agent.gate;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Lets a loop sleep until there is something to do: whoever brings it work rings. */
final class Bell {
    private final Semaphore rung = new Semaphore(0);

    void ring() {
        rung.release();
    }

    /**
     * Until somebody rings, or rang since this returned last, and for {@code atMost} otherwise; at once where that is past.
     *
     * @return whether somebody rang
     */
    boolean await(Duration atMost) throws InterruptedException {
        long millis = atMost.isPositive() ? atMost.toMillis() : 0;
        boolean isRung = rung.tryAcquire(millis, TimeUnit.MILLISECONDS);
        if (isRung) {
            rung.drainPermits();
        }
        return isRung;
    }
}
