package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A program that is run to its end, as an argument vector and with no environment but a {@code PATH} and what is given. */
final class Command {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** What a command left behind. */
    record Result(List<String> argv, int exit, String stdout, String stderr) {
        boolean succeeded() {
            return exit == 0;
        }

        /** Both streams: where a program writes its complaints is its own affair. */
        String output() {
            return stdout + stderr;
        }

        /** @throws AssertionError with everything the command said, where it failed */
        Result orFail() {
            if (!succeeded()) {
                throw new AssertionError(toString());
            }
            return this;
        }

        @Override
        public String toString() {
            return String.join(" ", argv) + "\nexit " + exit + "\n" + stdout + stderr;
        }
    }

    private final List<String> argv;
    private final Map<String, String> environment = new LinkedHashMap<>(minimalEnvironment());
    private String input = "";

    private Command(List<String> argv) {
        this.argv = List.copyOf(argv);
    }

    static Command of(String... argv) {
        return new Command(List.of(argv));
    }

    static Command of(List<String> argv) {
        return new Command(argv);
    }

    /** The vector {@code first} followed by {@code second}. */
    static List<String> concat(List<String> first, List<String> second) {
        var all = new ArrayList<>(first);
        all.addAll(second);
        return List.copyOf(all);
    }

    /** What a program may count on here: nothing of the machine's or the build's environment leaks into a test. */
    static Map<String, String> minimalEnvironment() {
        return Map.of("PATH", System.getenv("PATH") + ":/usr/sbin:/sbin");
    }

    Command environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    Command input(String text) {
        input = text;
        return this;
    }

    Result run() {
        var builder = new ProcessBuilder(argv);
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            var process = builder.start();
            var stdout = read(process.getInputStream());
            var stderr = read(process.getErrorStream());
            try (OutputStream stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException alreadyGone) {
                // A program need not read what it is told; its exit and words say what happened.
            }
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(String.join(" ", argv) + "\ndid not end within " + LIMIT.toSeconds() + " s\n"
                        + stdout.join() + stderr.join());
            }
            return new Result(argv, process.exitValue(), stdout.join(), stderr.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + String.join(" ", argv), e);
        }
    }

    private static CompletableFuture<String> read(InputStream stream) {
        var text = new CompletableFuture<String>();
        Thread.ofVirtual().start(() -> {
            try (stream) {
                text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                text.completeExceptionally(e);
            }
        });
        return text;
    }
}
