package dev.certfleet.agent;

import dev.certfleet.agent.certificate.Backoff;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits, on a thread of its own, for the server to want something else of this node, and has the agent ask then. The server
 * holds its answer back for as long as nothing changed. Where it does not answer, the agent's own polling goes on alone.
 */
final class AssignmentWatch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("certfleet.agent");
    /** Below what proxies give an idle connection, often 60 s. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(50);
    /** For as long as this the agent is given to take up what it was told of. */
    private static final Duration TAKE_UP = Duration.ofSeconds(5);

    private static final Duration NOT_THERE = Duration.ofMinutes(5);

    /** What the agent knows at this moment; null parts while there is nothing to wait for. */
    record Known(@Nullable ServerClient server, @Nullable String version, Optional<String> mark) {}

    private final Supplier<Known> known;
    private final Duration wait;
    private final Backoff backoff;
    private final Clock clock;
    private final Runnable poll;

    private @Nullable Thread thread;
    private int failures;
    private volatile Instant answeredAt = Instant.MIN;

    /**
     * @param wait how long the server is to hold its answer back; what it cannot announce is seen at the end of it
     * @param poll has the assignment asked for now
     */
    AssignmentWatch(Supplier<Known> known, Duration wait, Backoff backoff, Clock clock, Runnable poll) {
        this.known = known;
        this.wait = wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
        this.backoff = backoff;
        this.clock = clock;
        this.poll = poll;
    }

    void start() {
        thread = Thread.ofVirtual().name("assignment-watch").start(this::run);
    }

    /** Whether the server answered within a wait, so that the agent need not ask by itself so often. */
    boolean isHeard() {
        return answeredAt.plus(wait).plus(wait).isAfter(clock.instant());
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Thread.sleep(once());
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    /** One wait. @return the pause before the next */
    private Duration once() throws InterruptedException {
        Known now = known.get();
        ServerClient server = now.server();
        String version = now.version();
        if (server == null || version == null) {
            failures = 0;
            return Duration.ofSeconds(1);
        }
        Instant began = clock.instant();
        try {
            boolean other = server.isAssignmentOtherThan(version, wait, now.mark());
            failures = 0;
            answeredAt = clock.instant();
            if (other) {
                poll.run();
                return takenUp(version) ? Duration.ZERO : TAKE_UP;
            }
            // Answered at once with nothing new: whatever is between does not hold answers back
            Duration took = Duration.between(began, answeredAt);
            return took.compareTo(wait.dividedBy(2)) < 0 ? wait.minus(took) : Duration.ZERO;
        } catch (ServerException.Refused e) {
            LOG.log(System.Logger.Level.DEBUG, "waiting for the assignment: {0}", Trouble.oneLine(e));
            return NOT_THERE;
        } catch (ServerException e) {
            if (failures == 0) {
                // It goes away now: the agent is to know, and to look for another.
                poll.run();
            }
            return Duration.between(clock.instant(), backoff.after(clock.instant(), failures++));
        }
    }

    private boolean takenUp(String version) throws InterruptedException {
        Instant end = Instant.now(clock).plus(TAKE_UP);
        while (version.equals(known.get().version())) {
            if (!Instant.now(clock).isBefore(end)) {
                return false;
            }
            Thread.sleep(Duration.ofMillis(50));
        }
        return true;
    }

    @Override
    public void close() {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}
