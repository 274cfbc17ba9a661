package dev.certfleet.db;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

/**
 * Migrates an empty database and compares what comes out with db/schema.golden.txt, so that a change of the schema is a
 * diff that a person reads. After a wanted change: {@code mvn -pl db test -Dgolden.update=true}.
 */
class GoldenSchemaTest {
    private static final Path GOLDEN = Path.of("schema.golden.txt");

    private static final String DESCRIPTION = """
            SELECT line FROM (
              SELECT table_name AS t, 1 AS part, ordinal_position AS n,
                     'column ' || table_name || '.' || column_name || ' ' || udt_name
                       || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END
                       || coalesce(' default ' || column_default, '')
                       || CASE is_identity WHEN 'YES' THEN ' identity ' || identity_generation ELSE '' END AS line
                FROM information_schema.columns WHERE table_schema = 'public'
              UNION ALL
              SELECT conrelid::regclass::text, 2, 0,
                     'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
              UNION ALL
              SELECT tablename, 3, 0, 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
              UNION ALL
              SELECT tgrelid::regclass::text, 4, 0, 'trigger ' || pg_get_triggerdef(oid)
                FROM pg_trigger WHERE NOT tgisinternal
              UNION ALL
              SELECT '~' || proname, 5, 0, 'function ' || proname || ' ' || prosrc
                FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            ) described
            WHERE t <> 'flyway_schema_history'
            ORDER BY t COLLATE "C", part, n, line COLLATE "C"
            """;

    @Test
    void migrationsLeadToTheGoldenSchema() throws IOException, SQLException {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            DataSource database = postgres.getPostgresDatabase();
            Flyway.configure().dataSource(database).load().migrate();
            String schema = describe(database);
            if (Boolean.getBoolean("golden.update")) {
                Files.writeString(GOLDEN, schema);
            }
            assertThat(schema).isEqualTo(Files.readString(GOLDEN));
        }
    }

    private static String describe(DataSource database) throws SQLException {
        StringBuilder lines = new StringBuilder();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(DESCRIPTION)) {
            while (rows.next()) {
                lines.append(rows.getString(1).strip()).append('\n');
            }
        }
        return lines.toString();
    }
}
