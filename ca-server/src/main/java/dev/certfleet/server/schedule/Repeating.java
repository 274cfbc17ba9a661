package dev.certfleet.server.schedule;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Something a server does again and again while it runs, on a thread of its own, so that nothing else delays it. Every server
 * does it: what must happen once among all of them is for the task to see to. A failure is logged once until it ends, and the
 * next turn comes as if nothing had happened. Such a thread gives way to those that somebody waits for, where the JVM was told to
 * pass priorities on (deploy/server/java.options).
 */
public final class Repeating implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(Repeating.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String name;
    private final Duration pause;
    private final Runnable task;
    private @Nullable ScheduledExecutorService thread;
    private boolean failing;

    /**
     * @param name what the log calls it
     * @param pause from the end of one turn to the beginning of the next
     */
    public Repeating(String name, Duration pause, Runnable task) {
        this.name = name;
        this.pause = pause;
        this.task = task;
    }

    @Override
    @SuppressWarnings("ThreadPriorityCheck") // nothing relies on it but how soon others are answered
    public synchronized void start() {
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform()
                .name(name)
                .daemon()
                .priority(Thread.MIN_PRIORITY)
                .factory());
        var _ = started.scheduleWithFixedDelay(this::turn, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
        thread = started;
    }

    /** A turn out of turn, on the caller's thread; a failure is the caller's. */
    public void once() {
        task.run();
    }

    private void turn() {
        try {
            once();
            if (failing) {
                LOG.info("{}: works again", name);
            }
            failing = false;
        } catch (RuntimeException | Error e) {
            if (!failing && !Thread.currentThread().isInterrupted()) {
                LOG.warn("{}: failed; is tried again every {}", name, pause, e);
            }
            failing = true;
        }
    }

    /** Waits for a turn that is under way. */
    @Override
    public synchronized void stop() {
        ScheduledExecutorService running = thread;
        thread = null;
        if (running == null) {
            return;
        }
        running.shutdown();
        try {
            if (!running.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                running.shutdownNow();
            }
        } catch (InterruptedException e) {
            running.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }
}
