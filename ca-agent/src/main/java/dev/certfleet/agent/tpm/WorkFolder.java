package dev.certfleet.agent.tpm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Where the tools leave their files, in the state folder and open to the agent's user only; gone with {@link #close}. */
final class WorkFolder implements AutoCloseable {
    private final Path path;

    private WorkFolder(Path path) {
        this.path = path;
    }

    static WorkFolder in(Path parent) throws IOException {
        Files.createDirectories(parent);
        return new WorkFolder(Files.createTempDirectory(parent, "tpm-"));
    }

    Path path() {
        return path;
    }

    byte[] read(String name) throws IOException {
        return Files.readAllBytes(path.resolve(name));
    }

    void write(String name, byte[] contents) throws IOException {
        Files.write(path.resolve(name), contents);
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.list(path)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(path);
        } catch (IOException e) {
            System.getLogger("certfleet.agent.tpm")
                    .log(System.Logger.Level.WARNING, "the folder {0} cannot be removed: {1}", path, e.getMessage());
        }
    }
}
