package dev.certfleet.server.rotation;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.ledger.NewCertificate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Certificates of other generations that something may still show. A node's is out of use when one of the new generation was
 * issued in its place and the node reports that its files hold that one and its hooks have run; an identity, when a newer
 * one was used; a server's own, when it shows another; a user's, never before it ends or is revoked, since nobody
 * reports. An operator's does not hold a rotation up: the server knows it by its fingerprint, whoever signed it.
 *
 * <p>In an emergency all are revoked, so there those count that nodes have not replaced.
 */
@Component
class RemainingCertificates {
    private static final String REMAINING =
            " FROM certificate c LEFT JOIN node n ON n.cluster = c.cluster AND n.name = c.node"
                    + " WHERE c.state = 'issued' AND c.authority = ANY (:others) AND c.not_after >= :now"
                    + " AND c.superseded_at IS NULL AND c.profile <> ALL (:unused)"
                    + " AND ((:emergency AND c.node IS NOT NULL) OR NOT EXISTS"
                    + " (SELECT 1 FROM revocation r WHERE r.serial = c.serial AND r.released_at IS NULL))"
                    + " AND (c.node IS NULL OR (n.state IN ('active', 'reinstall-allowed')"
                    + " AND n.cluster || '/' || n.name <> ALL (:leftOut) AND (c.profile = :identity OR n.report IS NULL"
                    + " OR NOT EXISTS (SELECT 1 FROM certificate newer WHERE newer.cluster = c.cluster AND newer.node = c.node"
                    + " AND newer.profile = c.profile AND newer.state = 'issued' AND newer.reserved_at > c.reserved_at"
                    + " AND newer.authority <> ALL (:others))"
                    + " OR EXISTS (SELECT 1 FROM jsonb_array_elements(CASE WHEN jsonb_typeof(n.report->'certificates') = 'array'"
                    + " THEN n.report->'certificates' ELSE '[]' END) h WHERE h->>'profile' = c.profile"
                    + " AND (h->>'id' = encode(c.fingerprint, 'hex') OR h->>'state' = 'published')))))";

    private static final String HOLDS_UP = "c.profile <> :operator";

    private final JdbcClient database;
    private final Clock clock;

    RemainingCertificates(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * How many there are, and how many of them the rotation waits for.
     *
     * @param others the names of the other generations
     */
    Count count(Rotation rotation, List<String> others) {
        return database.sql("SELECT count(*) AS every, count(*) FILTER (WHERE " + HOLDS_UP + ") AS waited" + REMAINING)
                .params(parameters(rotation, others))
                .query((row, number) -> new Count(row.getInt("every"), row.getInt("waited")))
                .single();
    }

    /** @param waited those that hold the rotation up */
    record Count(int all, int waited) {}

    /** The first of them, those that the rotation waits for before the others. */
    List<Remaining> list(Rotation rotation, List<String> others, int limit) {
        return database.sql("SELECT c.serial, c.fingerprint, c.authority, c.profile, c.cluster, c.node, c.subject,"
                        + " c.not_after, " + HOLDS_UP + " AS holds_up" + REMAINING
                        + " ORDER BY holds_up DESC, c.cluster, c.node, c.profile, c.not_after, c.serial LIMIT :limit")
                .params(parameters(rotation, others))
                .param("limit", limit)
                .query(RemainingCertificates::row)
                .list();
    }

    private Map<String, @Nullable Object> parameters(Rotation rotation, List<String> others) {
        Map<String, @Nullable Object> parameters = new TreeMap<>();
        parameters.put("others", others.toArray(String[]::new));
        parameters.put("now", Timestamp.from(clock.instant()));
        parameters.put("unused", new String[] {NewCertificate.OCSP_RESPONDER, ProfileName.ETCD_CANARY.label()});
        parameters.put("emergency", rotation.emergency());
        parameters.put("leftOut", rotation.leftOut().toArray(String[]::new));
        parameters.put("identity", ProfileName.NODE_IDENTITY.label());
        parameters.put("operator", ProfileName.OPERATOR.label());
        return parameters;
    }

    private static Remaining row(ResultSet row, int number) throws SQLException {
        HexFormat hex = HexFormat.of();
        return new Remaining(
                hex.formatHex(row.getBytes("fingerprint")),
                hex.formatHex(row.getBytes("serial")),
                row.getString("authority"),
                row.getString("profile"),
                row.getString("cluster"),
                row.getString("node"),
                row.getString("subject"),
                row.getTimestamp("not_after").toInstant(),
                row.getBoolean("holds_up"));
    }
}
