package dev.certfleet.agent.gate;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait after the n-th failure in a row: doubling, up to a limit, half of it by chance. */
record RetryDelay(Duration first, Duration longest, RandomGenerator random) {
    Duration after(int failures) {
        int doublings = Math.min(Math.max(failures - 1, 0), 20);
        long millis = Math.min(longest.toMillis(), first.toMillis() << doublings);
        return Duration.ofMillis(millis / 2 + random.nextLong(millis / 2 + 1));
    }
}
