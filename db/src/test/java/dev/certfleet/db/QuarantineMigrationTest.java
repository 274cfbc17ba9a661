package dev.certfleet.db;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

/** Nodes that were in quarantine before quarantines were on record are so with all that a journal needs of them. */
class QuarantineMigrationTest {
    /** Foreign keys aside, as authorities would take a page. */
    private static final String BEFORE = """
            SET session_replication_role = replica;
            INSERT INTO cluster (name, domain, service_cidrs, extra_names, key_algorithm, status_url, created_at, crl_shards)
                VALUES ('prod', 'cluster.local', '{}', '{}', 'ec-p256', 'http://localhost', now(), 1);
            INSERT INTO node (cluster, name, roles, addresses, state, enrolled_at) VALUES
                ('prod', 'bad', '{worker}', '{192.0.2.1}', 'quarantined', now() - interval '1 day'),
                ('prod', 'good', '{worker}', '{192.0.2.2}', 'active', now());
            INSERT INTO enrolment_token (id, cluster, secret_hash, node_name_pattern, roles, max_uses, uses, expires_at,
                    created_by, created_at) VALUES
                ('00000000-0000-0000-0000-000000000001', 'prod', sha256('1'), 'b*', '{worker}', 1, 1,
                    now() + interval '1 day', 'admin', now()),
                ('00000000-0000-0000-0000-000000000002', 'prod', sha256('2'), 'bad', '{worker}', 1, 0,
                    now() + interval '1 day', 'admin', now()),
                ('00000000-0000-0000-0000-000000000003', 'prod', sha256('3'), 'b*', '{worker}', 1, 0,
                    now() + interval '1 day', 'admin', now()),
                ('00000000-0000-0000-0000-000000000004', 'prod', sha256('4'), 'bad', '{worker}', 1, 0,
                    now() - interval '1 day', 'admin', now());
            INSERT INTO enrolled_machine (cluster, kind, machine, node, enrolled_at)
                VALUES ('prod', 'tpm', sha256('tpm'), 'bad', now());
            INSERT INTO certificate (serial, authority, cluster, profile, node, subject, dns_names, addresses,
                    public_key_hash, not_before, not_after, state, contents, requester, request_id, request_hash,
                    reserved_at, fingerprint, certificate, issued_at)
                VALUES (decode('40' || repeat('11', 15), 'hex'), 'prod-agents-1', 'prod', 'node-identity', 'bad', 'CN=bad', '{}', '{}', sha256('k'),
                    now(), now() + interval '30 days', 'issued', '', 'token:00000000-0000-0000-0000-000000000001', 'id',
                    sha256('r'), now(), sha256('c'), 'c', now());
            INSERT INTO audit_event (at, actor, cluster, type, detail) VALUES
                ('2026-01-01T00:00:00Z', 'operator:first', 'prod', 'node-quarantined', '{"node": "bad"}'),
                ('2026-02-01T00:00:00Z', 'operator:second', 'prod', 'node-quarantined',
                    '{"node": "bad", "reason": "keyCompromise", "comment": "stolen"}')
            """;

    private static final String AFTER = """
            SELECT concat_ws(' ', cluster, node, roles, addresses, tokens, machines, reason, comment, quarantined_by,
                quarantined_at AT TIME ZONE 'UTC', ended_at, journalled) FROM quarantine
            """;

    @Test
    void recordsThoseThatThereAre() throws IOException, SQLException {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            DataSource database = postgres.getPostgresDatabase();
            Flyway.configure().dataSource(database).target("10").load().migrate();
            try (Connection connection = database.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute(BEFORE);
            }

            Flyway.configure().dataSource(database).load().migrate();

            List<String> recorded = new ArrayList<>();
            try (Connection connection = database.getConnection();
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(AFTER)) {
                while (rows.next()) {
                    recorded.add(rows.getString(1));
                }
            }
            assertThat(recorded)
                    .singleElement()
                    .satisfies(line -> assertThat(line)
                            .startsWith("prod bad {worker} {192.0.2.1} {00000000-0000-0000-0000-000000000001,"
                                    + "00000000-0000-0000-0000-000000000002} {\"tpm ")
                            .endsWith("\"} keyCompromise stolen operator:second 2026-02-01 00:00:00"));
        }
    }
}
