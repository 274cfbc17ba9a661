package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestServer;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * All that requests can change, as it is in the database: of each table how many rows there are and which transactions
 * wrote them. What the server does by itself, for its OCSP responders, is left out.
 */
record OnRecord(Map<String, String> tables) {
    private static final Map<String, String> WHERE = Map.ofEntries(
            Map.entry("certificate", "profile <> 'ocsp-responder'"),
            Map.entry("revocation", "true"),
            Map.entry("node", "true"),
            Map.entry("enrolment_token", "true"),
            Map.entry("tpm_admission", "true"),
            Map.entry("document_issuer", "true"),
            Map.entry("enrolled_machine", "true"),
            Map.entry("used_evidence", "true"),
            Map.entry("operator", "true"),
            Map.entry("cluster", "true"),
            Map.entry("authority", "true"),
            Map.entry("blocked_key", "true"),
            Map.entry("bulk_revocation", "true"),
            Map.entry("feed_entry", "true"),
            Map.entry("renewal_demand", "true"),
            Map.entry("rotation", "true"),
            Map.entry("requested_authority", "true"),
            Map.entry("restart_lease", "true"),
            Map.entry("csr_policy", "true"),
            Map.entry("idempotent_answer", "true"),
            Map.entry("audit_event", "detail->>'profile' IS DISTINCT FROM 'ocsp-responder'"));

    static OnRecord of(TestServer server) {
        JdbcClient database = server.bean(JdbcClient.class);
        Map<String, String> tables = new TreeMap<>();
        WHERE.forEach((table, where) -> tables.put(
                table,
                database.sql("SELECT count(*) || ' rows of ' || coalesce(sum(xmin::text::bigint), 0) FROM " + table
                                + " WHERE " + where)
                        .query(String.class)
                        .single()));
        return new OnRecord(tables);
    }

    void assertUnchanged(TestServer server) {
        assertThat(of(server)).isEqualTo(this);
    }

    /** Nothing but that an event says so. */
    void assertOnlyAudited(TestServer server) {
        OnRecord now = of(server);
        assertThat(now.tables.remove("audit_event")).isNotEqualTo(tables.get("audit_event"));
        Map<String, String> before = new TreeMap<>(tables);
        before.remove("audit_event");
        assertThat(now.tables).isEqualTo(before);
    }
}
