package dev.certfleet.agent.gate;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the pushed list as it has to be: written again when what is refused changes or it is asked to, once a second at most, and asked after at
 * kube-apiserver, which keeps the chain it has where it does not like a new one.
 */
public final class ListKeeper {
    /** Where the AuthorizationConfiguration is written. */
    public interface Publisher {
        /** True where there is one already. */
        boolean exists();

        /**
         * Puts it in the place of the one before, if it is another.
         *
         * @return the id that a kube-apiserver refuses that has loaded it
         * @throws RuntimeException where it cannot be written; what was there stays
         */
        String publish(PushedList list);
    }

    /**
     * @param loaded whether kube-apiserver has the newest list; null where it could not be asked
     * @param problem empty where there is none
     */
    record State(int listed, int leftOut, @Nullable Boolean loaded, String problem) {}

    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");
    /** While the feed is not read to its end, which nobody tells. */
    private static final Duration LOOK = Duration.ofMillis(250);

    private static final Duration AT_MOST_EVERY = Duration.ofSeconds(1);
    /** Expired certificates leave the list without anybody telling. */
    private static final Duration AT_LEAST_EVERY = Duration.ofMinutes(10);

    private static final Duration FIRST_QUESTION = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final Duration ASK_AGAIN = Duration.ofMinutes(5);
    /** kube-apiserver reads the file when it changes, and every minute. */
    private static final Duration LOADED_WITHIN = Duration.ofSeconds(90);

    private final CredentialIndex index;
    private final BooleanSupplier readToItsEnd;
    private final Publisher publisher;
    private final ApiServer apiServer;
    private final Clock clock;
    private final GateMetrics metrics;

    private final Bell bell = new Bell();

    private volatile boolean outdated;
    private long seen = -1;
    private PushedList published = PushedList.EMPTY;
    private @Nullable String marker;
    private Instant publishedAt = Instant.MIN;
    private Instant nextQuestion = Instant.MIN;
    private Duration pause = FIRST_QUESTION;
    private volatile State state = new State(0, 0, null, "the list was not written yet");

    ListKeeper(
            CredentialIndex index,
            BooleanSupplier readToItsEnd,
            Publisher publisher,
            ApiServer apiServer,
            Clock clock,
            GateMetrics metrics) {
        this.index = index;
        this.readToItsEnd = readToItsEnd;
        this.publisher = publisher;
        this.apiServer = apiServer;
        this.clock = clock;
        this.metrics = metrics;
        index.whenRefusalsChange(bell::ring);
    }

    State state() {
        return state;
    }

    /** Until interrupted. */
    void run() throws InterruptedException {
        while (!Thread.currentThread().isInterrupted()) {
            if (publishIfDue()) {
                Thread.sleep(AT_MOST_EVERY);
            } else {
                bell.await(untilNext());
            }
            askIfDue();
        }
    }

    /** Has it written anew, as what the file has beside the list changed. */
    void writeAnew() {
        outdated = true;
        bell.ring();
    }

    private Duration untilNext() {
        if (outdated || index.refusals() != seen) {
            return LOOK;
        }
        Instant rewrite = publishedAt.plus(AT_LEAST_EVERY);
        Instant next = marker != null && nextQuestion.isBefore(rewrite) ? nextQuestion : rewrite;
        return Duration.between(clock.instant(), next);
    }

    /** True where it was written. */
    boolean publishIfDue() {
        long now = index.refusals();
        if (now == seen && !outdated && clock.instant().isBefore(publishedAt.plus(AT_LEAST_EVERY))) {
            return false;
        }
        // An index that was lost knows less than the list which an earlier run left behind.
        if (!readToItsEnd.getAsBoolean() && publisher.exists()) {
            state = new State(0, 0, null, "the list of an earlier run stays until the feed was read");
            return false;
        }
        PushedList list = PushedList.of(index.all(), clock.instant());
        outdated = false;
        try {
            String written = publisher.publish(list);
            seen = now;
            published = list;
            publishedAt = clock.instant();
            if (!written.equals(marker)) {
                marker = written;
                pause = FIRST_QUESTION;
                nextQuestion = publishedAt.plus(pause);
                metrics.count("list-published");
                tell(null, "");
            }
            return true;
        } catch (RuntimeException e) {
            outdated = true;
            metrics.count("list-not-published");
            tell(state.loaded(), "the list of revoked certificates cannot be written: " + e.getMessage());
            return true;
        }
    }

    /** Asks kube-apiserver whether it has the newest one. */
    void askIfDue() {
        String wanted = marker;
        Instant now = clock.instant();
        if (wanted == null || now.isBefore(nextQuestion)) {
            return;
        }
        boolean late = publishedAt.plus(LOADED_WITHIN).isBefore(now);
        try {
            boolean loaded =
                    apiServer.review("certfleet-list", List.of(), wanted).denied();
            if (loaded) {
                pause = FIRST_QUESTION;
                nextQuestion = now.plus(ASK_AGAIN);
                tell(true, "");
                return;
            }
            tell(false, late ? "kube-apiserver does not use the newest list of revoked certificates" : "");
        } catch (IOException e) {
            tell(null, late ? "kube-apiserver cannot be asked whether it uses the list: " + e.getMessage() : "");
        }
        pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
        nextQuestion = now.plus(pause);
    }

    private void tell(@Nullable Boolean loaded, String problem) {
        if (!problem.isEmpty() && !problem.equals(state.problem())) {
            LOG.log(System.Logger.Level.WARNING, problem);
        }
        state = new State(published.ids().size(), published.leftOut(), loaded, problem);
    }
}
