package dev.certfleet.server.receipt;

import dev.certfleet.server.ledger.OwnConnection;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Wakes who waits for receipts, on whichever server the proof arrived: one connection of its own listens to the channel
 * {@code certfleet_receipts}. A notification that is lost, or a connection, costs who waits a second.
 */
@Component
class ReceiptNews implements SmartLifecycle {
    static final String CHANNEL = "certfleet_receipts";

    private static final Duration POLL = Duration.ofSeconds(1);

    private final JdbcConnectionDetails database;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long news;
    private volatile boolean running;
    private @Nullable Thread thread;

    ReceiptNews(JdbcConnectionDetails database) {
        this.database = database;
    }

    /** What {@link #await} is to be given by who looks next. */
    long count() {
        lock.lock();
        try {
            return news;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns once something came after a count, the time is over, or it is time to look without any news.
     *
     * @return false where the server stops
     */
    boolean await(long seen, Duration longest) throws InterruptedException {
        long nanos = (longest.compareTo(POLL) < 0 ? longest : POLL).toNanos();
        lock.lockInterruptibly();
        try {
            while (news == seen && nanos > 0 && running) {
                nanos = changed.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
        return running;
    }

    private void tell() {
        lock.lock();
        try {
            news++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void follow() {
        while (running) {
            try (Connection connection = OwnConnection.open(database, "certfleet-receipts");
                    Statement statement = connection.createStatement()) {
                statement.execute("LISTEN " + CHANNEL);
                PGConnection notifications = connection.unwrap(PGConnection.class);
                while (running) {
                    if (notifications.getNotifications((int) POLL.toMillis()).length > 0) {
                        tell();
                    }
                }
            } catch (SQLException e) {
                pause();
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void start() {
        running = true;
        thread = Thread.ofPlatform().daemon().name("receipt-news").start(this::follow);
    }

    /** Before the listeners close: who waits is answered now. */
    @Override
    public void stop() {
        running = false;
        Thread follower = thread;
        if (follower != null) {
            follower.interrupt();
        }
        tell();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
