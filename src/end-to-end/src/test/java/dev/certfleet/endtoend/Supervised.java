package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A component that is started again whenever it ends, as the kubelet does it with static pods and systemd with units, and a
 * record of when that was and who wanted it. The agent restarts it by the {@link #restartCommand command} in its settings.
 */
final class Supervised implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration PAUSE = Duration.ofMillis(100);

    /**
     * One end of its process and what came of it.
     *
     * @param asked true where the agent wanted it
     * @param down since when requests may have failed: the moment of the signal, else of the end
     * @param ready when the next process said that it is ready; null while it does not
     */
    record Restart(
            String node,
            String component,
            boolean asked,
            Instant down,
            @Nullable Instant ready) {
        /** Until when; the end of time while it is not ready. */
        Instant until() {
            return ready == null ? Instant.MAX : ready;
        }

        boolean overlaps(Restart other) {
            return down.isBefore(other.until()) && other.down.isBefore(until());
        }
    }

    private final NetworkNamespace node;
    private final String component;
    private final List<String> argv;
    private final Path folder;
    private final Callable<Boolean> isReady;
    private final List<Restart> restarts = new ArrayList<>();
    private final Thread thread;
    private RunningProcess process;
    private volatile boolean closed;

    private Supervised(
            NetworkNamespace node, String component, List<String> argv, Path folder, Callable<Boolean> isReady) {
        this.node = node;
        this.component = component;
        this.argv = argv;
        this.folder = folder;
        this.isReady = isReady;
        this.process = begin();
        this.thread = Thread.ofPlatform()
                .daemon()
                .name(component + " on " + node.name())
                .start(this::supervise);
    }

    /** Starts it; {@link #awaitReady} waits for it. */
    static Supervised start(
            NetworkNamespace node, String component, List<String> argv, Path folder, Callable<Boolean> isReady) {
        return new Supervised(node, component, argv, folder, isReady);
    }

    /** What the agent's {@code components.NAME.restart} says, in YAML: SIGTERM, as everybody who restarts it would send. */
    static String restartCommand(Path folder, String component) {
        return "[[sh, -c, 'touch %2$s && kill -TERM \"$(cat %1$s)\"']]"
                .formatted(pidFile(folder, component), askedFile(folder, component));
    }

    private static Path pidFile(Path folder, String component) {
        return folder.resolve(component + ".pid").toAbsolutePath();
    }

    private static Path askedFile(Path folder, String component) {
        return folder.resolve(component + ".asked").toAbsolutePath();
    }

    Supervised awaitReady() {
        process.awaitReady(PATIENCE, isReady);
        return this;
    }

    private RunningProcess begin() {
        var started = node.start(component, argv, Map.of());
        try {
            Files.createDirectories(folder);
            // By rename: who reads it finds a whole number.
            var next = folder.resolve(component + ".pid.next");
            Files.writeString(next, Long.toString(started.pid()));
            Files.move(next, pidFile(folder, component), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return started;
    }

    private void supervise() {
        try {
            while (true) {
                process.awaitEnd();
                if (closed) {
                    return;
                }
                var asked = askedAt();
                var restart =
                        new Restart(node.name(), component, asked != null, asked == null ? Instant.now() : asked, null);
                add(restart);
                System.out.println("     " + component + " on " + node.name()
                        + (asked == null ? " ended by itself" : " is restarted by the agent"));
                process = begin();
                awaitReadyAgain(restart);
            }
        } catch (InterruptedException e) {
            // Only close() interrupts.
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private @Nullable Instant askedAt() throws IOException {
        var file = askedFile(folder, component);
        if (!Files.exists(file)) {
            return null;
        }
        var at = Files.getLastModifiedTime(file).toInstant();
        Files.delete(file);
        return at;
    }

    private void awaitReadyAgain(Restart restart) throws InterruptedException {
        while (process.isAlive() && !closed) {
            if (saysReady()) {
                add(new Restart(restart.node(), component, restart.asked(), restart.down(), Instant.now()));
                return;
            }
            Thread.sleep(PAUSE);
        }
    }

    private boolean saysReady() {
        try {
            return isReady.call();
        } catch (Exception e) {
            return false;
        }
    }

    /** In place of what is known of the same one so far. */
    private void add(Restart restart) {
        synchronized (restarts) {
            restarts.removeIf(known -> known.down().equals(restart.down()));
            restarts.add(restart);
        }
    }

    String component() {
        return component;
    }

    NetworkNamespace node() {
        return node;
    }

    List<Restart> restarts() {
        synchronized (restarts) {
            return List.copyOf(restarts);
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.close();
    }
}
