package dev.certfleet.agent.tpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.Trouble;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs one of tpm2-tools in a folder. What is secret goes in by standard input or that folder's files, never by arguments. */
final class Tpm2Command {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MOST_OUTPUT = 64 * 1024;

    private final String tcti;
    private final Path folder;

    Tpm2Command(String tcti, Path folder) {
        this.tcti = tcti;
        this.folder = folder;
    }

    /** @return what it printed */
    byte[] run(String... command) throws IOException {
        return run(new byte[0], command);
    }

    /** @param input on its standard input */
    byte[] run(byte[] input, String... command) throws IOException {
        List<String> all = new ArrayList<>(Arrays.asList(command));
        ProcessBuilder builder = new ProcessBuilder(all).directory(folder.toFile());
        builder.environment().put("TPM2TOOLS_TCTI", tcti);
        builder.environment().put("TSS2_LOG", "all+NONE");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new IOException(
                    "cannot run " + command[0] + " (" + Trouble.oneLine(e) + "); is the package tpm2-tools installed?",
                    e);
        }
        CompletableFuture<byte[]> output = read(process.getInputStream());
        CompletableFuture<byte[]> errors = read(process.getErrorStream());
        try {
            try (OutputStream in = process.getOutputStream()) {
                in.write(input);
            } catch (IOException e) {
                // It ended without reading; its status says why.
            }
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(command[0] + " did not end within " + PATIENCE.toSeconds() + " s");
            }
            if (process.exitValue() != 0) {
                throw new IOException(command[0] + " ended with status " + process.exitValue() + ": "
                        + Trouble.oneLine(new String(errors.join(), UTF_8)));
            }
            return output.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + command[0] + " ran", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static CompletableFuture<byte[]> read(InputStream stream) {
        CompletableFuture<byte[]> read = new CompletableFuture<>();
        Thread.ofVirtual().name("tpm2-output").start(() -> {
            try (stream) {
                read.complete(stream.readNBytes(MOST_OUTPUT));
            } catch (IOException | UncheckedIOException e) {
                read.complete(new byte[0]);
            }
        });
        return read;
    }
}
