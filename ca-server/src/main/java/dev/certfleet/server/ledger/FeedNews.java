package dev.certfleet.server.ledger;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Tells readers of the feed when there is something to read, and the reader of status changes too. One connection of its own
 * listens for the database's notifications and reads the heads after each, and once a second without any, so that a lost
 * notification costs a second. What {@link AssignmentNews} tells is heard by it too.
 * However many wait, the database is asked by this one connection. Where it is lost, readers ask for themselves, once a
 * second, until it is back.
 */
@Component
public class FeedNews implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(FeedNews.class);
    private static final int POLL_MILLIS = 1000;
    private static final Duration POLL = Duration.ofMillis(POLL_MILLIS);
    /** Many changes in a row are read together. */
    private static final int PAUSE_MILLIS = 10;

    /** Who hears of a revocation by the feed and asks OCSP at this server is not to be told what was before. */
    private static final Duration STATUS_FIRST = Duration.ofMillis(500);

    private final JdbcConnectionDetails database;
    private final StatusChanges statusChanges;
    private final AssignmentNews assignmentNews;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Topic> topics = new HashMap<>();
    private volatile boolean running;
    private volatile boolean listening;
    private volatile @Nullable Thread thread;

    FeedNews(JdbcConnectionDetails database, StatusChanges statusChanges, AssignmentNews assignmentNews) {
        this.database = database;
        this.statusChanges = statusChanges;
        this.assignmentNews = assignmentNews;
    }

    private static final class Topic {
        private final Condition news;
        private long head;

        Topic(Condition news) {
            this.news = news;
        }
    }

    /**
     * Returns once the cluster's feed may have gone beyond a sequence, the time is over, or the server stops. It can return
     * early: read, and wait again.
     *
     * @return false where waiting again has no use
     */
    public boolean await(String cluster, long sequence, Duration longest) throws InterruptedException {
        long nanos = (listening || longest.compareTo(POLL) < 0 ? longest : POLL).toNanos();
        boolean wasListening = listening;
        lock.lockInterruptibly();
        try {
            Topic topic = topic(cluster);
            while (topic.head <= sequence && nanos > 0 && running && listening == wasListening) {
                nanos = topic.news.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
        return running;
    }

    private Topic topic(String cluster) {
        return topics.computeIfAbsent(cluster, name -> new Topic(lock.newCondition()));
    }

    private void follow() {
        while (running) {
            try (Connection connection = OwnConnection.open(database, "certfleet-feed");
                    Statement statement = connection.createStatement()) {
                statement.execute("LISTEN certfleet_feed");
                statement.execute("LISTEN certfleet_status");
                statement.execute("LISTEN certfleet_assignment");
                // What was announced while nobody listened
                assignmentNews.announced("");
                PGConnection notifications = connection.unwrap(PGConnection.class);
                while (running) {
                    statusChanges.catchUp(STATUS_FIRST);
                    readHeads(statement);
                    heard(true);
                    TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                    tellAssignments(notifications.getNotifications(POLL_MILLIS));
                }
            } catch (SQLException e) {
                if (running && listening) {
                    LOG.warn("the feed's connection to the database is lost, trying again: {}", e.getMessage());
                }
                heard(false);
                pause();
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void tellAssignments(PGNotification @Nullable [] notifications) {
        for (PGNotification one : notifications == null ? new PGNotification[0] : notifications) {
            if (one.getName().equals("certfleet_assignment")) {
                assignmentNews.announced(one.getParameter());
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void readHeads(Statement statement) throws SQLException {
        try (ResultSet heads = statement.executeQuery("SELECT cluster, sequence FROM feed_head")) {
            lock.lock();
            try {
                while (heads.next()) {
                    Topic topic = topic(heads.getString(1));
                    long head = heads.getLong(2);
                    if (topic.head != head) {
                        topic.head = head;
                        topic.news.signalAll();
                    }
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** Whether the database is heard; a change sends everybody who waits to look for themselves. */
    private void heard(boolean now) {
        if (listening != now) {
            lock.lock();
            try {
                listening = now;
                topics.values().forEach(topic -> topic.news.signalAll());
            } finally {
                lock.unlock();
            }
        }
    }

    @Override
    public void start() {
        running = true;
        thread = Thread.ofPlatform().daemon().name("feed-news").start(this::follow);
    }

    /** Before the listeners close: who waits is answered now, and does not hold up the end. */
    @Override
    public void stop() {
        running = false;
        assignmentNews.end();
        Thread follower = thread;
        if (follower != null) {
            follower.interrupt();
        }
        lock.lock();
        try {
            topics.values().forEach(topic -> topic.news.signalAll());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
