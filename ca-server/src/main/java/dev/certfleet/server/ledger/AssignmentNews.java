package dev.certfleet.server.ledger;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.springframework.stereotype.Component;

/**
 * Tells who waits that what a node has to hold may have changed. {@link FeedNews} hears it from the database, whose triggers
 * announce it. An announcement that is lost costs the rest of a wait: look when it is over.
 */
@Component
public class AssignmentNews {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Cluster> clusters = new HashMap<>();
    private long ofAll;
    private boolean ended;

    private static final class Cluster {
        private final Condition news;
        private final Map<String, Long> ofNodes = new HashMap<>();
        private long ofAllNodes;

        Cluster(Condition news) {
            this.news = news;
        }
    }

    /** What to wait beyond: taken before looking, so that nothing falls between looking and waiting. */
    public long seen(String cluster, String node) {
        lock.lock();
        try {
            return count(cluster, node);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns once something was announced since, or the time is over, or the server stops.
     *
     * @return false where waiting again has no use
     */
    public boolean await(String cluster, String node, long seen, Duration longest) throws InterruptedException {
        long nanos = longest.toNanos();
        lock.lockInterruptibly();
        try {
            Condition news = cluster(cluster).news;
            while (count(cluster, node) == seen && nanos > 0 && !ended) {
                nanos = news.awaitNanos(nanos);
            }
            return !ended && nanos > 0;
        } finally {
            lock.unlock();
        }
    }

    /** @param concerns a cluster's name, {@code cluster/node}, or nothing for all */
    void announced(String concerns) {
        lock.lock();
        try {
            int slash = concerns.indexOf('/');
            if (concerns.isEmpty()) {
                ofAll++;
                clusters.values().forEach(one -> one.news.signalAll());
            } else if (slash < 0) {
                Cluster cluster = cluster(concerns);
                cluster.ofAllNodes++;
                cluster.news.signalAll();
            } else {
                Cluster cluster = cluster(concerns.substring(0, slash));
                cluster.ofNodes.merge(concerns.substring(slash + 1), 1L, Long::sum);
                cluster.news.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whoever waits is answered now. */
    void end() {
        lock.lock();
        try {
            ended = true;
            clusters.values().forEach(one -> one.news.signalAll());
        } finally {
            lock.unlock();
        }
    }

    private Cluster cluster(String name) {
        return clusters.computeIfAbsent(name, made -> new Cluster(lock.newCondition()));
    }

    private long count(String name, String node) {
        Cluster cluster = cluster(name);
        return ofAll + cluster.ofAllNodes + cluster.ofNodes.getOrDefault(node, 0L);
    }
}
