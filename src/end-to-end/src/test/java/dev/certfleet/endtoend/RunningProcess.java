package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * A program that runs until it is told to stop, its output in a file. It is only ever stopped by its own process id, and what
 * it last said is part of every failure.
 */
final class RunningProcess implements AutoCloseable {
    private static final Duration GRACE = Duration.ofSeconds(10);
    private static final int TAIL_LINES = 30;

    private final String name;
    private final Process process;
    private final Path log;

    private RunningProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /**
     * Starts the program, adding to the log where there is one of an earlier start.
     *
     * @param environment what it gets besides a {@code PATH}
     */
    static RunningProcess start(String name, Path log, List<String> argv, Map<String, String> environment) {
        try {
            Files.createDirectories(log.toAbsolutePath().getParent());
            var builder = new ProcessBuilder(argv)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
            builder.environment().clear();
            builder.environment().putAll(Command.minimalEnvironment());
            builder.environment().putAll(environment);
            return new RunningProcess(name, builder.start(), log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits until it ends, by itself or by somebody's signal. */
    void awaitEnd() throws InterruptedException {
        process.waitFor();
    }

    Path log() {
        return log;
    }

    /** Everything the program has said so far. */
    String output() {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits until the program is ready for use.
     *
     * @throws AssertionError with the last lines of its log, as soon as it ended or when the limit has passed
     */
    RunningProcess awaitReady(Duration limit, Callable<Boolean> ready) {
        try {
            Await.until(name + " is ready", limit, () -> {
                if (!process.isAlive()) {
                    throw new ProcessEnded();
                }
                return ready.call();
            });
        } catch (ProcessEnded e) {
            throw new AssertionError(
                    name + " ended with exit " + process.exitValue() + " before it was ready\n" + lastWords(), e);
        } catch (AssertionError e) {
            close();
            throw new AssertionError(e.getMessage() + "\n" + lastWords(), e);
        }
        return this;
    }

    /** The end of the log and where all of it is, for a failure message. */
    String lastWords() {
        var lines = output().lines().toList();
        return "its last words, all of them in " + log.toAbsolutePath() + ":\n"
                + String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    }

    /** SIGTERM, and SIGKILL where that is not heeded in time. */
    void stop() {
        process.destroy();
        if (!ended()) {
            kill();
        }
    }

    /** SIGKILL: as when a machine loses power. */
    void kill() {
        process.destroyForcibly();
        if (!ended()) {
            throw new AssertionError(name + " (pid " + pid() + ") cannot be killed");
        }
    }

    private boolean ended() {
        try {
            return process.waitFor(GRACE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            return true;
        }
    }

    @Override
    public void close() {
        stop();
    }

    /** Ends a wait that has become pointless. */
    private static final class ProcessEnded extends Error {
        private static final long serialVersionUID = 1;
    }
}
