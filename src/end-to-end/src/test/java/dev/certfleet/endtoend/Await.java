package dev.certfleet.endtoend;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Waits for something that becomes true, looking often; no test sleeps for a fixed time. */
final class Await {
    private static final Duration INTERVAL = Duration.ofMillis(50);

    private Await() {}

    /**
     * Returns how long it took until the condition held.
     *
     * @throws AssertionError naming {@code what} where the limit passes first; a condition that throws counts as not yet true
     *     and is told as the cause
     */
    static Duration until(String what, Duration limit, Callable<Boolean> condition) {
        long started = System.nanoTime();
        @Nullable Exception last = null;
        while (true) {
            try {
                if (condition.call()) {
                    return Duration.ofNanos(System.nanoTime() - started);
                }
                last = null;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting until " + what, e);
            } catch (Exception e) {
                last = e;
            }
            if (System.nanoTime() - started > limit.toNanos()) {
                throw new AssertionError("not within " + limit.toMillis() + " ms: " + what, last);
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(INTERVAL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting", e);
        }
    }
}
