package dev.certfleet.agent.certificate;

import dev.certfleet.agent.Trouble;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Runs a profile's commands one after the other, as argument vectors, with nothing on their input. */
public final class Hooks {
    private static final int KEPT_OUTPUT = 2048;

    private final Duration timeout;

    public Hooks(Duration timeout) {
        this.timeout = timeout;
    }

    /** @return what went wrong with the first command that failed; empty where all worked */
    public Optional<String> run(List<List<String>> commands) throws InterruptedException {
        for (List<String> command : commands) {
            Optional<String> failure = run(command, timeout);
            if (failure.isPresent()) {
                return failure;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> run(List<String> command, Duration timeout) throws InterruptedException {
        String name = command.getFirst();
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
        } catch (IOException e) {
            return Optional.of("hook " + name + " cannot be started: " + Trouble.oneLine(e));
        }
        Output output = new Output(process.getInputStream());
        Thread reader = Thread.ofVirtual().name("hook-output").start(output);
        try {
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                return Optional.of(
                        "hook " + name + " did not end within " + timeout.toSeconds() + " s" + output.tail());
            }
            reader.join(Duration.ofSeconds(1));
            if (process.exitValue() != 0) {
                return Optional.of("hook " + name + " ended with status " + process.exitValue() + output.tail());
            }
            return Optional.empty();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** Reads all that a command says, so that it never blocks, and keeps the last of it. */
    private static final class Output implements Runnable {
        private final InputStream stream;
        private final byte[] kept = new byte[KEPT_OUTPUT];
        private long total;

        Output(InputStream stream) {
            this.stream = stream;
        }

        @Override
        public void run() {
            byte[] buffer = new byte[1024];
            try (stream) {
                for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
                    keep(buffer, count);
                }
            } catch (IOException e) {
                // The command ended or was killed; what it said so far is what there is.
            }
        }

        private synchronized void keep(byte[] buffer, int count) {
            for (int i = 0; i < count; i++) {
                kept[(int) (total++ % kept.length)] = buffer[i];
            }
        }

        synchronized String tail() {
            int length = (int) Math.min(total, kept.length);
            byte[] last = new byte[length];
            for (int i = 0; i < length; i++) {
                last[i] = kept[(int) ((total - length + i) % kept.length)];
            }
            String text = Trouble.oneLine(new String(last, StandardCharsets.UTF_8));
            return text.isEmpty() ? "" : ": " + text;
        }
    }
}
