package dev.certfleet.server.setup;

import dev.certfleet.server.CertfleetServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The server as a program of its own, for what only a program has: an exit code and what it prints. */
final class ServerProgram {
    private ServerProgram() {}

    /**
     * @param output standard output and error together
     */
    record Ended(int exitCode, String output) {}

    /** Runs it until it ends by itself, which it has to within a minute. */
    static Ended run(Path folder, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                CertfleetServer.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        Path printed = folder.resolve("printed");
        Thread reader = Thread.startVirtualThread(() -> {
            try {
                Files.copy(process.getInputStream(), printed, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        if (!ended) {
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
        }
        reader.join();
        String output = Files.readString(printed);
        if (!ended) {
            throw new AssertionError("it goes on: " + output);
        }
        return new Ended(process.exitValue(), output);
    }
}
