package dev.certfleet.endtoend;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A {@code kubectl exec} that is held open: what is said in it comes back out of the container, for as long as it lives. */
final class ExecSession implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final Process process;
    private final Path complaints;
    private final BlockingQueue<String> echoes = new LinkedBlockingQueue<>();
    private int said;

    private ExecSession(Process process, Path complaints) {
        this.process = process;
        this.complaints = complaints;
        Thread.ofVirtual().start(this::listen);
    }

    /**
     * Starts it and returns when the container answers.
     *
     * @param user where it comes from
     */
    static ExecSession open(Binaries binaries, NetworkNamespace user, Path kubeconfig, String pod) {
        var complaints = Path.of(kubeconfig + ".exec.log");
        var builder = new ProcessBuilder(List.of(
                        "ip",
                        "netns",
                        "exec",
                        user.namespace(),
                        binaries.path("kubectl"),
                        "--kubeconfig=" + kubeconfig,
                        "exec",
                        "--stdin",
                        pod,
                        "--",
                        "/bin/busybox",
                        "cat"))
                .redirectError(complaints.toFile());
        builder.environment().clear();
        builder.environment().putAll(Command.minimalEnvironment());
        builder.environment().put("KUBECACHEDIR", kubeconfig + ".cache");
        try {
            var session = new ExecSession(builder.start(), complaints);
            try {
                Await.until("the container answers in " + pod, Duration.ofSeconds(30), () -> session.lives());
            } catch (AssertionError e) {
                session.close();
                throw new AssertionError(e.getMessage() + "\n" + session.complaints(), e);
            }
            return session;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void listen() {
        try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                echoes.add(line);
            }
        } catch (IOException e) {
            // The session has ended, which lives() finds by itself.
        }
    }

    /** Whether what is said now comes back within 3 seconds. */
    boolean lives() {
        var words = "word " + said++;
        try {
            process.getOutputStream().write((words + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (process.isAlive() && System.nanoTime() < deadline) {
                var echo = echoes.poll(50, TimeUnit.MILLISECONDS);
                if (words.equals(echo)) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** What kubectl had to say of its end. */
    String complaints() {
        try {
            return Files.readString(complaints);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
