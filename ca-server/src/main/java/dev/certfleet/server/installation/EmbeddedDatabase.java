package dev.certfleet.server.installation;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * PostgreSQL in the data folder, for installations that bring none. It is started with and stopped by the server, listens
 * on loopback behind a password, and is durable: the library that starts it has test databases in mind and turns
 * {@code fsync} and {@code synchronous_commit} off; here both are on, and a start where they are not is refused.
 */
final class EmbeddedDatabase implements AutoCloseable {
    private static final String FOLDER = "postgres";
    private static final String PASSWORD_FILE = "postgres.password";
    private static final String USER = "postgres";

    private final EmbeddedPostgres postgres;
    private final String password;

    private EmbeddedDatabase(EmbeddedPostgres postgres, String password) {
        this.postgres = postgres;
        this.password = password;
    }

    static EmbeddedDatabase start(DataFolder folder, SecureRandom random) {
        Path passwordFile = folder.file(PASSWORD_FILE);
        Path cluster = folder.file(FOLDER);
        try {
            if (!Files.exists(passwordFile)) {
                byte[] secret = new byte[24];
                random.nextBytes(secret);
                folder.writeSecret(
                        PASSWORD_FILE, HexFormat.of().formatHex(secret).getBytes(StandardCharsets.US_ASCII));
            }
            String password = Files.readString(passwordFile, StandardCharsets.US_ASCII);
            stopLeftOver(cluster);
            EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                    .setDataDirectory(cluster)
                    .setCleanDataDirectory(false)
                    .setRegisterShutdownHook(false)
                    .setOverrideWorkingDirectory(
                            folder.file("postgres-programs").toFile())
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setOutputRedirector(
                            Redirect.appendTo(folder.file("postgres.log").toFile()))
                    .setErrorRedirector(
                            Redirect.appendTo(folder.file("postgres.log").toFile()))
                    .setLocaleConfig("auth", "scram-sha-256")
                    .setLocaleConfig("pwfile", passwordFile.toString())
                    .setLocaleConfig("locale", "C.UTF-8")
                    .setConnectConfig("password", password)
                    .setServerConfig("fsync", "on")
                    .setServerConfig("synchronous_commit", "on")
                    .setServerConfig("max_connections", "60")
                    .setServerConfig("unix_socket_directories", "")
                    .setServerConfig("logging_collector", "off")
                    .start();
            EmbeddedDatabase database = new EmbeddedDatabase(postgres, password);
            database.requireDurable();
            return database;
        } catch (IOException | SQLException | IllegalStateException e) {
            throw new CannotStart(
                    "the embedded PostgreSQL in " + cluster + " does not start: " + e.getMessage() + "; see "
                            + folder.file("postgres.log"),
                    e);
        }
    }

    /** A server that was killed leaves its database running; the folder's lock says that nobody else uses it. */
    private static void stopLeftOver(Path cluster) throws IOException {
        Path pidFile = cluster.resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return;
        }
        List<String> lines = Files.readAllLines(pidFile, StandardCharsets.UTF_8);
        if (lines.size() < 2 || !Path.of(lines.get(1)).equals(cluster)) {
            return;
        }
        ProcessHandle postmaster =
                ProcessHandle.of(Long.parseLong(lines.getFirst().strip())).orElse(null);
        if (postmaster == null || !postmaster.info().command().orElse("").contains("postgres")) {
            return;
        }
        postmaster.destroy();
        try {
            postmaster.onExit().get(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the database of a killed server stopped", e);
        } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
            throw new IOException(
                    "the database of a killed server (process " + postmaster.pid() + ") does not stop; stop it by hand",
                    e);
        }
    }

    private void requireDurable() throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet settings =
                        statement.executeQuery("SELECT string_agg(name || '=' || setting, ' ' ORDER BY name)"
                                + " FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')"
                                + " AND setting <> 'on'")) {
            settings.next();
            if (settings.getString(1) != null) {
                throw new IllegalStateException("it would lose commits: " + settings.getString(1));
            }
        }
    }

    String url() {
        return "jdbc:postgresql://localhost:" + postgres.getPort() + "/postgres";
    }

    String username() {
        return USER;
    }

    String password() {
        return password;
    }

    @Override
    public void close() {
        try {
            postgres.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
