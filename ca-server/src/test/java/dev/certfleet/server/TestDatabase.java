package dev.certfleet.server;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/**
 * A fresh, migrated database in a PostgreSQL that all tests of this JVM share: copied from one that was migrated once, so
 * that it is there in a fraction of a second.
 */
public final class TestDatabase implements AutoCloseable {
    private static final String USER = "postgres";
    private static final String TEMPLATE = "migrated";
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String name;

    private TestDatabase(String name) {
        this.name = name;
    }

    private static final class Shared {
        static final EmbeddedPostgres POSTGRES = start();

        private static EmbeddedPostgres start() {
            try {
                EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                        .setServerConfig("max_connections", "200")
                        .start();
                execute(postgres, "CREATE DATABASE " + TEMPLATE);
                Flyway.configure()
                        .dataSource(postgres.getJdbcUrl(USER, TEMPLATE), USER, "")
                        .locations("classpath:db/migration")
                        .load()
                        .migrate();
                return postgres;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A new one, as the migrations leave it. */
    public static synchronized TestDatabase create() {
        String name = "test_" + COUNT.incrementAndGet();
        execute(Shared.POSTGRES, "CREATE DATABASE " + name + " TEMPLATE " + TEMPLATE);
        return new TestDatabase(name);
    }

    /** What a backup of this moment brings back. Nobody may be connected. */
    public TestDatabase copy() {
        synchronized (TestDatabase.class) {
            String copy = "test_" + COUNT.incrementAndGet();
            execute(
                    Shared.POSTGRES,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
            execute(Shared.POSTGRES, "CREATE DATABASE " + copy + " TEMPLATE " + name);
            return new TestDatabase(copy);
        }
    }

    public String url() {
        return Shared.POSTGRES.getJdbcUrl(USER, name);
    }

    public String username() {
        return USER;
    }

    public DataSource dataSource() {
        return Shared.POSTGRES.getDatabase(USER, name);
    }

    /** Ends every connection and takes no new one, as a database that went away. */
    public void goAway() {
        execute(Shared.POSTGRES, "ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
        execute(
                Shared.POSTGRES,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
    }

    /** Takes connections again. */
    public void comeBack() {
        execute(Shared.POSTGRES, "ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
    }

    @Override
    public void close() {
        execute(Shared.POSTGRES, "DROP DATABASE " + name + " WITH (FORCE)");
    }

    private static void execute(EmbeddedPostgres postgres, String sql) {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql + ": " + e.getMessage(), e);
        }
    }
}
