package dev.certfleet.server.crl;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Finds the CRLs that have to be made. Those of authorities that ended are left as they are. */
@Component
public class DueCrls {
    /** A CRL of more octets is made again at a pace: its making may take a tenth of the time at most. */
    static final int SMALL = SpillingBuffer.BLOCK;

    private static final String CHANGED = "SELECT crl.authority, crl.part, crl.size FROM crl"
            + " JOIN authority a ON a.name = crl.authority AND a.not_after > :now"
            + " JOIN crl_change c ON c.authority = crl.authority"
            + " WHERE crl.part IN ('full', 'delta') AND c.changes > crl.covers"
            + " AND (crl.part = 'delta' OR " + paced() + ")"
            + " UNION ALL SELECT delta.authority, delta.part, delta.size FROM crl delta"
            + " JOIN crl base ON base.authority = delta.authority AND base.part = 'full'"
            + " JOIN authority a ON a.name = delta.authority AND a.not_after > :now"
            + " WHERE delta.part = 'delta' AND delta.base_number <> base.base_number"
            + " UNION ALL SELECT crl.authority, crl.part, crl.size FROM crl_shard_change s"
            + " JOIN crl ON crl.authority = s.authority AND crl.part = 'shard-' || s.shard"
            + " JOIN authority a ON a.name = crl.authority AND a.not_after > :now"
            + " WHERE s.change > crl.covers AND " + paced()
            + " UNION ALL SELECT crl.authority, crl.part, crl.size FROM crl"
            + " JOIN authority a ON a.name = crl.authority AND a.not_after > :now"
            + " JOIN (SELECT cluster, kind, sum(changes) AS changes FROM authority"
            + " JOIN crl_change ON authority = name GROUP BY cluster, kind) c"
            + " ON c.cluster = a.cluster AND c.kind = a.kind"
            + " WHERE crl.part = 'indirect' AND c.changes > crl.covers AND " + paced();

    private static final String SCHEDULED = "SELECT a.name AS authority, p.part, coalesce(crl.size, 0) AS size"
            + " FROM authority a CROSS JOIN LATERAL (SELECT 'full' AS part UNION ALL SELECT 'delta'"
            + " UNION ALL SELECT 'indirect' WHERE a.cluster IS NOT NULL"
            + " UNION ALL SELECT 'shard-' || s FROM generate_series(0, a.crl_shards - 1) s WHERE a.crl_shards > 1) p"
            + " LEFT JOIN crl ON crl.authority = a.name AND crl.part = p.part"
            + " WHERE a.not_after > :now AND (crl.authority IS NULL OR crl.scheduled_at <= :scheduled)";

    private final JdbcClient database;
    private final Clock clock;

    DueCrls(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    private static String paced() {
        return "(crl.size <= " + SMALL + " OR crl.this_update + crl.made_in_ms * interval '10 milliseconds' <= :now)";
    }

    /** A CRL to be made, and how large the one before it is; 0 where there is none. */
    record Due(CrlId id, long size) {}

    /** Those that lack a change, small ones at once; delta and shards first. */
    @Transactional(readOnly = true)
    public List<Due> changed() {
        return find(CHANGED);
    }

    /** Those that are there not at all, or for half of their life. */
    @Transactional(readOnly = true)
    public List<Due> scheduled() {
        return find(SCHEDULED);
    }

    private List<Due> find(String sql) {
        Instant now = clock.instant();
        List<Due> due = new ArrayList<>(database.sql(sql)
                .param("now", Timestamp.from(now))
                .param("scheduled", Timestamp.from(now.minus(PublishCrl.SCHEDULE)))
                .query((row, number) -> new Due(
                        new CrlId(row.getString("authority"), CrlPart.of(row.getString("part"))), row.getLong("size")))
                .list());
        due.sort(Comparator.comparing((Due one) -> one.id().part().kind())
                .thenComparing(one -> one.id().authority()));
        return due;
    }
}
