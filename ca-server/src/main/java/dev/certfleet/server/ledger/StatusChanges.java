package dev.certfleet.server.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Tells a follower the status of every certificate that is answered for, and from then on every change of it. One thread with
 * one connection of its own reads: when it is asked to, which it is for each notification of the database, and once a second.
 * All who ask while a reading is under way are served together by the next one, so that a flood of questions costs one small
 * query at a time.
 *
 * <p>The change log is read by snapshots: what the snapshot of the last reading did not show is new, whatever its place.
 * Everything is read again where the connection was new (another server may answer on it, one that lost the last
 * transactions), where the installation's epoch or the database's transaction counter shows another history, and where the
 * log may have been cut since.
 */
@Component
public class StatusChanges implements SmartLifecycle {
    /** How long the log is kept. */
    private static final String KEPT = "1 day";

    /** A reader that was away for longer reads everything: half of what is kept. */
    private static final long AWAY_SECONDS = TimeUnit.HOURS.toSeconds(12);

    private static final int POLL_MILLIS = 1000;
    private static final int PAUSE_MILLIS = 100;
    private static final Duration AFTER_COMMIT = Duration.ofSeconds(1);
    private static final Logger LOG = LoggerFactory.getLogger(StatusChanges.class);

    private final JdbcConnectionDetails database;
    private final Clock clock;
    private final Object turn = new Object();
    private final Semaphore questions = new Semaphore(0);
    private volatile @Nullable Follower follower;
    private @Nullable CompletableFuture<Boolean> next;
    private @Nullable Thread thread;
    private volatile boolean running;
    private boolean failing;

    StatusChanges(JdbcConnectionDetails database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** What is told by one thread, one call after the other. */
    public interface Follower {
        /** Everything is told from the beginning; what is not told again until {@link #caughtUp} is no more. */
        void restart();

        /** A certificate is on record with this status; it may be told twice. */
        void recorded(StatusRow row);

        /** A serial is not, or no longer, that of a certificate on record. */
        void gone(long serialHigh, long serialLow);

        /**
         * All that was committed before a moment has been told.
         *
         * @param asOf that moment, by this server's clock
         */
        void caughtUp(Instant asOf);

        /** How long after its end a certificate is answered for. */
        Duration archive();
    }

    /** To be called before the start. */
    public void follow(Follower one) {
        follower = one;
    }

    /**
     * Asks for a reading that begins after this call.
     *
     * @return completed with true when all that was committed before this call has been told, with false where the database
     *     could not be asked
     */
    public CompletableFuture<Boolean> catchUp() {
        synchronized (turn) {
            if (!running) {
                return CompletableFuture.completedFuture(false);
            }
            CompletableFuture<Boolean> reading = next;
            if (reading == null) {
                reading = new CompletableFuture<>();
                next = reading;
                questions.release();
            }
            return reading;
        }
    }

    /** The same, waiting for it; false also where it took longer. */
    public boolean catchUp(Duration longest) {
        try {
            return catchUp().get(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Has the caller's transaction end with a reading: who hears that it is done finds it told on this server. */
    void catchUpAfterCommit() {
        boolean asked = TransactionSynchronizationManager.getSynchronizations().stream()
                .anyMatch(synchronization -> synchronization instanceof AfterCommit);
        if (!asked) {
            TransactionSynchronizationManager.registerSynchronization(new AfterCommit());
        }
    }

    private final class AfterCommit implements TransactionSynchronization {
        @Override
        public void afterCommit() {
            catchUp(AFTER_COMMIT);
        }
    }

    private void follow() {
        while (running) {
            try (Connection connection = OwnConnection.open(database, "certfleet-status")) {
                StatusReader reader = new StatusReader(connection, clock, AWAY_SECONDS);
                while (running) {
                    CompletableFuture<Boolean> asked = take();
                    Follower told = follower;
                    if (told != null) {
                        reader.read(told);
                    }
                    works(asked);
                    awaitQuestion();
                }
            } catch (SQLException | RuntimeException e) {
                fails(e);
                pause();
                awaitQuestion();
            }
        }
        fails(null);
    }

    /** The question that is under way; it stays in its place until it is answered, so that a failure finds it. */
    private @Nullable CompletableFuture<Boolean> current;

    private @Nullable CompletableFuture<Boolean> take() {
        synchronized (turn) {
            current = next;
            next = null;
            return current;
        }
    }

    private void works(@Nullable CompletableFuture<Boolean> asked) {
        if (failing) {
            LOG.info("the status of certificates is followed again");
            failing = false;
        }
        if (asked != null) {
            asked.complete(true);
        }
    }

    private void fails(@Nullable Exception failure) {
        if (failure != null && running && !failing) {
            LOG.warn("the status of certificates cannot be followed, trying again: {}", failure.getMessage());
            failing = true;
        }
        CompletableFuture<Boolean> underWay;
        CompletableFuture<Boolean> waiting;
        synchronized (turn) {
            underWay = current;
            waiting = next;
            current = null;
            next = null;
        }
        if (underWay != null) {
            underWay.complete(false);
        }
        if (waiting != null) {
            waiting.complete(false);
        }
    }

    /** However many ask, a database that is away is not stormed. */
    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            running = false;
        }
    }

    private void awaitQuestion() {
        try {
            if (questions.tryAcquire(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                questions.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            running = false;
        }
    }

    /** Deletes what no reader looks for any more. */
    public void trim() {
        try (Connection connection = OwnConnection.open(database, "certfleet-status-trim");
                var statement = connection.createStatement()) {
            statement.executeUpdate("DELETE FROM status_change WHERE at < now() - interval '" + KEPT + "'");
        } catch (SQLException e) {
            throw new IllegalStateException("the log of status changes cannot be cut: " + e.getMessage(), e);
        }
    }

    /** Returns when everything was told once, or could not be. */
    @Override
    public void start() {
        running = true;
        CompletableFuture<Boolean> first = catchUp();
        thread = Thread.ofPlatform().daemon().name("status-changes").start(this::follow);
        first.join();
    }

    @Override
    public void stop() {
        Thread reader;
        synchronized (turn) {
            running = false;
            questions.release();
            reader = thread;
        }
        try {
            if (reader != null) {
                reader.join(Duration.ofSeconds(2));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Before the status listener, so that it opens with everything known. */
    @Override
    public int getPhase() {
        return DEFAULT_PHASE - 1024;
    }
}
