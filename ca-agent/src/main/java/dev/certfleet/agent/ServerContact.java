package dev.certfleet.agent;

import dev.certfleet.agent.certificate.Backoff;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.settings.Settings;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Whether the server answers, and when to ask it again. */
final class ServerContact {
    private static final System.Logger LOG = System.getLogger("certfleet.agent");
    /** So many poll intervals are between two polls while the server tells of changes by itself. */
    static final int HEARD = 4;

    private final Settings settings;
    private final Clock clock;
    private final SecureRandom random;
    private int failures;
    private Instant nextPoll = Instant.MIN;
    private volatile @Nullable String problem;
    private @Nullable Instant last;

    ServerContact(Settings settings, Clock clock, SecureRandom random) {
        this.settings = settings;
        this.clock = clock;
        this.random = random;
    }

    boolean isDue() {
        return !clock.instant().isBefore(nextPoll);
    }

    Instant nextPoll() {
        return nextPoll;
    }

    void pollNow() {
        nextPoll = Instant.MIN;
    }

    void pollAt(Instant time) {
        nextPoll = time;
    }

    /** Why it does not answer; null where it did the last time. */
    @Nullable
    String problem() {
        return problem;
    }

    boolean isThere() {
        return problem == null;
    }

    /** When it last answered. */
    @Nullable
    Instant last() {
        return last;
    }

    /** @param isHeard whether the server tells of changes by itself at the moment */
    void made(boolean isHeard) {
        failures = 0;
        problem = null;
        last = clock.instant();
        Duration interval = settings.renewal().pollInterval();
        nextPoll = clock.instant().plus(jittered(isHeard ? interval.multipliedBy(HEARD) : interval));
    }

    void lost(Exception e) {
        String now = Trouble.oneLine(e);
        if (!now.equals(problem)) {
            LOG.log(System.Logger.Level.WARNING, now);
        }
        problem = now;
        nextPoll = backoff().after(clock.instant(), failures++, retryAfter(e));
    }

    Backoff backoff() {
        return new Backoff(
                settings.renewal().retryInterval(), settings.renewal().maxRetryInterval(), random);
    }

    /** How long the server itself wants to be left alone. */
    static Duration retryAfter(Exception e) {
        return e instanceof ServerException said ? said.retryAfter() : Duration.ZERO;
    }

    /** Between nine and eleven tenths of it, so that agents do not poll in step. */
    private Duration jittered(Duration interval) {
        return Duration.ofMillis((long) (interval.toMillis() * (0.9 + 0.2 * random.nextDouble())));
    }
}
