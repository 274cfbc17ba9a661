package dev.certfleet.server.metrics;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Reads how long everything lives. A certificate counts while it is the newest of its holder, profile and subject and is
 * neither revoked nor superseded; one that ended without a successor counts for {@link #AFTERWARDS} more.
 */
@Component
class Expiries {
    /** Certificates that end within these times are counted, each under its label. */
    static final Map<String, Duration> WINDOWS = new TreeMap<>(Map.of(
            "1h", Duration.ofHours(1), "1d", Duration.ofDays(1), "7d", Duration.ofDays(7), "30d", Duration.ofDays(30)));

    static final Duration AFTERWARDS = Duration.ofDays(7);

    private static final String CURRENT =
            "SELECT n.* FROM (SELECT DISTINCT ON (c.cluster, c.node, c.profile, c.operator,"
                    + " c.subject) c.* FROM certificate c WHERE c.state = 'issued' AND c.not_after > ? AND c.profile <> 'ocsp-responder'"
                    + " ORDER BY c.cluster, c.node, c.profile, c.operator, c.subject, c.reserved_at DESC) n"
                    + " WHERE n.superseded_at IS NULL"
                    + " AND NOT EXISTS (SELECT 1 FROM revocation r WHERE r.serial = n.serial AND r.released_at IS NULL)";

    private final JdbcClient database;

    Expiries(JdbcClient database) {
        this.database = database;
    }

    /** @param cluster empty for the installation's own */
    record OfAuthority(String name, String cluster, String kind, String state, Instant notAfter) {}

    List<OfAuthority> authorities() {
        return database.sql("SELECT name, coalesce(cluster, '') AS cluster, kind, state, not_after FROM authority")
                .query((row, number) -> new OfAuthority(
                        row.getString("name"),
                        row.getString("cluster"),
                        row.getString("kind"),
                        row.getString("state"),
                        instant(row, "not_after")))
                .list();
    }

    /**
     * The certificates of one profile in one cluster.
     *
     * @param cluster empty for the installation's own
     * @param count how many there are
     * @param earliest when the first of them ends
     * @param overdue how many have less than a quarter of their life before them; renewal is at two thirds
     * @param ending how many end within each of {@link #WINDOWS}
     */
    record OfProfile(
            String cluster, String profile, long count, Instant earliest, long overdue, Map<String, Long> ending) {}

    List<OfProfile> profiles(Instant now) {
        StringBuilder windows = new StringBuilder();
        WINDOWS.forEach(
                (label, window) -> windows.append(", count(*) FILTER (WHERE not_after < :now::timestamptz + interval '")
                        .append(window.toSeconds())
                        .append(" seconds') AS w")
                        .append(label));
        return database.sql("SELECT coalesce(cluster, '') AS cluster, profile, count(*) AS count,"
                        + " min(not_after) AS earliest,"
                        + " count(*) FILTER (WHERE not_after - :now::timestamptz < (not_after - not_before) / 4) AS overdue"
                        + windows
                        + " FROM (" + CURRENT.replace("?", ":since") + ") held GROUP BY cluster, profile")
                .param("now", Timestamp.from(now))
                .param("since", Timestamp.from(now.minus(AFTERWARDS)))
                .query((row, number) -> new OfProfile(
                        row.getString("cluster"),
                        row.getString("profile"),
                        row.getLong("count"),
                        instant(row, "earliest"),
                        row.getLong("overdue"),
                        ending(row)))
                .list();
    }

    private static Map<String, Long> ending(ResultSet row) throws SQLException {
        Map<String, Long> ending = new TreeMap<>();
        for (String label : WINDOWS.keySet()) {
            ending.put(label, row.getLong("w" + label));
        }
        return ending;
    }

    record OfOperator(String name, Instant notAfter) {}

    List<OfOperator> operators(Instant now) {
        return database.sql("SELECT operator, max(not_after) AS not_after FROM (" + CURRENT + ") held"
                        + " JOIN operator o ON o.name = held.operator AND o.removed_at IS NULL GROUP BY operator")
                .param(Timestamp.from(now.minus(AFTERWARDS)))
                .query((row, number) -> new OfOperator(row.getString("operator"), instant(row, "not_after")))
                .list();
    }

    record OfCrl(String authority, Instant thisUpdate, Instant nextUpdate) {}

    /** Those of authorities that have not ended. */
    List<OfCrl> crls(Instant now) {
        return database.sql("SELECT c.authority, c.this_update, c.next_update FROM crl c"
                        + " JOIN authority a ON a.name = c.authority WHERE c.part = 'full' AND a.not_after > ?")
                .param(Timestamp.from(now))
                .query((row, number) ->
                        new OfCrl(row.getString("authority"), instant(row, "this_update"), instant(row, "next_update")))
                .list();
    }

    record OfResponder(String authority, Instant notAfter) {}

    /** Those of authorities that have not ended. */
    List<OfResponder> responders(Instant now) {
        return database.sql("SELECT o.authority, o.not_after FROM ocsp_responder o"
                        + " JOIN authority a ON a.name = o.authority WHERE a.not_after > ?")
                .param(Timestamp.from(now))
                .query((row, number) -> new OfResponder(row.getString("authority"), instant(row, "not_after")))
                .list();
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getTimestamp(column).toInstant();
    }
}
