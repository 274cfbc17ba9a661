package dev.certfleet.agent.certificate;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * Pauses after failures: doubling from {@code first} to {@code longest}, each shortened at random by up to a half, so that a
 * fleet whose server was away does not come back as one.
 */
public record Backoff(Duration first, Duration longest, RandomGenerator random) {

    /** @param failures how many there were before this one */
    public Instant after(Instant now, int failures) {
        long millis = first.toMillis() << Math.min(failures, 30);
        long pause = millis <= 0 ? longest.toMillis() : Math.min(millis, longest.toMillis());
        return now.plusMillis(pause - (long) (pause / 2.0 * random.nextDouble()));
    }
}
