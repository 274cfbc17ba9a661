package dev.certfleet.agent.certificate;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * Pauses after failures: any time up to one that doubles from {@code first} to {@code longest}, so that a fleet whose server
 * was away, or that boots as one, does not come back as one.
 */
public record Backoff(Duration first, Duration longest, RandomGenerator random) {

    /** @param failures how many there were before this one */
    public Instant after(Instant now, int failures) {
        return after(now, failures, Duration.ZERO);
    }

    /**
     * @param failures how many there were before this one
     * @param atLeast what the server asks for; as much again is added at random, so that those who were told together come apart
     */
    public Instant after(Instant now, int failures, Duration atLeast) {
        long millis = first.toMillis() << Math.min(failures, 30);
        long pause = millis <= 0 ? longest.toMillis() : Math.min(millis, longest.toMillis());
        long asked = atLeast.toMillis();
        return now.plusMillis(asked + (long) (Math.max(pause, asked) * random.nextDouble()));
    }
}
