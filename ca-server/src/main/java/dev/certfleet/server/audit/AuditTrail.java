package dev.certfleet.server.audit;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads the audit log. */
@Component
public class AuditTrail {
    private final JdbcClient database;

    AuditTrail(JdbcClient database) {
        this.database = database;
    }

    /**
     * @param sequence its place; rising, not without gaps
     * @param at when
     * @param actor who did it
     * @param cluster null where it concerns the whole installation
     * @param type the kind of event, as in {@code certificate-issued}
     * @param detail the event's own members, a JSON object
     */
    public record Entry(
            long sequence,
            Instant at,
            String actor,
            @Nullable String cluster,
            String type,
            String detail) {}

    /**
     * Oldest first.
     *
     * @param cluster null for all and the installation's own
     * @param type null for all
     * @param after the sequence that the previous page ended with; 0 for the first page
     */
    public List<Entry> page(@Nullable String cluster, @Nullable String type, long after, int limit) {
        return database.sql("SELECT sequence, at, actor, cluster, type, detail::text AS detail FROM audit_event"
                        + " WHERE sequence > :after"
                        + " AND (:cluster::text IS NULL OR cluster = :cluster)"
                        + " AND (:type::text IS NULL OR type = :type)"
                        + " ORDER BY sequence LIMIT :limit")
                .param("after", after)
                .param("cluster", cluster)
                .param("type", type)
                .param("limit", limit)
                .query((row, number) -> new Entry(
                        row.getLong("sequence"),
                        row.getTimestamp("at").toInstant(),
                        row.getString("actor"),
                        row.getString("cluster"),
                        row.getString("type"),
                        row.getString("detail")))
                .list();
    }
}
