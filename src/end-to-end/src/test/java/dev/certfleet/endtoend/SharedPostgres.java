package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A PostgreSQL of its own, in a container, for servers that share one. */
final class SharedPostgres implements AutoCloseable {
    private static final String PASSWORD = "a password of the test";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String container;
    private final int port;
    private final Path passwordFile;

    private SharedPostgres(String container, int port, Path passwordFile) {
        this.container = container;
        this.port = port;
        this.passwordFile = passwordFile;
    }

    /** @param folder where the file with its password is put */
    static SharedPostgres start(Path folder) {
        var image = System.getenv("CERTFLEET_POSTGRES_IMAGE");
        if (image == null) {
            throw new AssertionError("CERTFLEET_POSTGRES_IMAGE names the image; src/verify makes it");
        }
        var container = docker(
                        "run",
                        "--detach",
                        "--rm",
                        "--env=POSTGRES_PASSWORD=" + PASSWORD,
                        "--publish=127.0.0.1::5432",
                        image)
                .strip();
        try {
            var published =
                    docker("port", container, "5432/tcp").lines().findFirst().orElseThrow();
            int port = Integer.parseInt(published.substring(published.lastIndexOf(':') + 1));
            var passwordFile = Files.writeString(folder.resolve("postgres-password"), PASSWORD);
            var postgres = new SharedPostgres(container, port, passwordFile);
            // The server inside is started once without a port, to make the database; only the second start is meant.
            Await.until(
                    "PostgreSQL takes connections",
                    PATIENCE,
                    () -> docker("logs", container).split("ready to accept connections", -1).length > 2);
            return postgres;
        } catch (IOException e) {
            docker("rm", "--force", container);
            throw new UncheckedIOException(e);
        } catch (RuntimeException | AssertionError e) {
            docker("rm", "--force", container);
            throw e;
        }
    }

    /** What a server is started with to use it. */
    List<String> settings() {
        return List.of(
                "--certfleet.database.url=jdbc:postgresql://127.0.0.1:" + port + "/postgres",
                "--certfleet.database.username=postgres",
                "--certfleet.database.password-file=" + passwordFile);
    }

    private static String docker(String... arguments) {
        return Command.of(Command.concat(List.of("docker"), List.of(arguments)))
                .run()
                .orFail()
                .output();
    }

    @Override
    public void close() {
        docker("rm", "--force", container);
    }
}
