package dev.certfleet.server.ledger;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/** Connections beside the pool, for what must not wait for those who hold its connections, or holds one for good. */
public final class OwnConnection {
    private static final String DEAD_AFTER_SECONDS = "10";

    private OwnConnection() {}

    /** @param name what the database shows it as */
    public static Connection open(JdbcConnectionDetails database, String name) throws SQLException {
        Properties properties = new Properties();
        setIfThere(properties, "user", database.getUsername());
        setIfThere(properties, "password", database.getPassword());
        properties.setProperty("ApplicationName", name);
        properties.setProperty("connectTimeout", DEAD_AFTER_SECONDS);
        properties.setProperty("socketTimeout", DEAD_AFTER_SECONDS);
        return DriverManager.getConnection(database.getJdbcUrl(), properties);
    }

    private static void setIfThere(Properties properties, String name, @Nullable String value) {
        if (value != null) {
            properties.setProperty(name, value);
        }
    }
}
