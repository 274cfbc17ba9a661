package dev.certfleet.server.restart;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Lets one node of a cluster at a time restart a component. Where a restart went wrong, or nobody said how it went, no other
 * begins: a fleet must not follow its first member down.
 */
@Component
public class RestartLeases {
    /** How long a node has to restart a component and see it healthy. */
    static final Duration LIFETIME = Duration.ofMinutes(10);

    private static final Duration SOON = Duration.ofSeconds(15);
    private static final Duration LATER = Duration.ofMinutes(1);

    private static final String OPEN = "cleared_at IS NULL AND healthy IS NOT TRUE";

    private final JdbcClient database;
    private final AuditLog audit;
    private final Clock clock;

    RestartLeases(JdbcClient database, AuditLog audit, Clock clock) {
        this.database = database;
        this.audit = audit;
        this.clock = clock;
    }

    /** A lease, the one that the node holds for this component already, or what is in the way. */
    @Transactional
    public LeaseAnswer grant(String cluster, String node, RestartableComponent component, String reason, String actor) {
        // 1. One at a time in this cluster; what a node left behind that is no more is nobody's to end
        takeTurns(cluster);
        clearOfThoseGone(cluster);

        // 2. What is in the way, if it is not this very restart
        Instant now = clock.instant();
        Optional<Lease> open = open(cluster);
        if (open.isPresent()) {
            Lease lease = open.get();
            Lease.State state = lease.state(now);
            boolean isTheSame = lease.node().equals(node) && lease.component().equals(component.label());
            return isTheSame && state == Lease.State.HELD
                    ? new LeaseAnswer.Granted(lease)
                    : new LeaseAnswer.Taken(lease, state, retryAfter(lease, state, now));
        }

        // 3. A new one
        UUID id = UUID.randomUUID();
        database.sql("INSERT INTO restart_lease (id, cluster, node, component, reason, granted_at, expires_at)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?)")
                .params(id, cluster, node, component.label(), reason)
                .param(Timestamp.from(now))
                .param(Timestamp.from(now.plus(LIFETIME)))
                .update();
        audit.append(
                actor, new AuditEvent.RestartLeaseGranted(cluster, node, component.label(), id.toString(), reason));
        return new LeaseAnswer.Granted(find(cluster, id).orElseThrow());
    }

    /**
     * Notes how a restart went. Ending again what is over changes nothing; an unhealthy end can be followed by a healthy one.
     *
     * @return false where the node has no such lease
     */
    @Transactional
    public boolean end(String cluster, String node, UUID id, boolean healthy, @Nullable String detail, String actor) {
        takeTurns(cluster);
        Optional<Lease> found = find(cluster, id).filter(lease -> lease.node().equals(node));
        if (found.isEmpty()) {
            return false;
        }
        int changed = database.sql(
                        "UPDATE restart_lease SET ended_at = ?, healthy = ?, detail = ? WHERE id = ? AND " + OPEN)
                .param(Timestamp.from(clock.instant()))
                .param(healthy)
                .param(detail)
                .param(id)
                .update();
        boolean isNews = !Boolean.valueOf(healthy).equals(found.get().healthy());
        if (changed == 1 && isNews) {
            audit.append(
                    actor,
                    new AuditEvent.RestartEnded(
                            cluster, node, found.get().component(), id.toString(), healthy, detail));
        }
        return true;
    }

    /** Lets the cluster's restarts go on, whatever became of this one; false where there is no such lease. */
    @Transactional
    public boolean clear(String cluster, UUID id, String actor) {
        takeTurns(cluster);
        Optional<Lease> found = find(cluster, id);
        found.ifPresent(lease -> clear(lease, actor));
        return found.isPresent();
    }

    /** The newest first. */
    public List<Lease> newest(String cluster, int limit) {
        return database.sql("SELECT * FROM restart_lease WHERE cluster = ? ORDER BY granted_at DESC, id LIMIT ?")
                .params(cluster, limit)
                .query(RestartLeases::lease)
                .list();
    }

    /** Those in every cluster that went wrong, or that nobody ended: they keep others from beginning. */
    List<Lease> blocking() {
        Instant now = clock.instant();
        return database
                .sql("SELECT * FROM restart_lease WHERE " + OPEN + " ORDER BY cluster")
                .query(RestartLeases::lease)
                .list()
                .stream()
                .filter(lease -> lease.state(now) != Lease.State.HELD)
                .toList();
    }

    private void clearOfThoseGone(String cluster) {
        database.sql("SELECT l.* FROM restart_lease l JOIN node n ON n.cluster = l.cluster AND n.name = l.node"
                        + " WHERE l.cluster = ? AND l.cleared_at IS NULL AND l.healthy IS NOT TRUE"
                        + " AND n.state IN ('retired', 'quarantined')")
                .param(cluster)
                .query(RestartLeases::lease)
                .list()
                .forEach(lease -> clear(lease, "server"));
    }

    private void clear(Lease lease, String actor) {
        int changed = database.sql("UPDATE restart_lease SET cleared_at = ?, cleared_by = ? WHERE id = ? AND " + OPEN)
                .params(Timestamp.from(clock.instant()), actor, lease.id())
                .update();
        if (changed == 1) {
            audit.append(
                    actor,
                    new AuditEvent.RestartLeaseCleared(
                            lease.cluster(),
                            lease.node(),
                            lease.component(),
                            lease.id().toString()));
        }
    }

    private void takeTurns(String cluster) {
        database.sql("SELECT pg_advisory_xact_lock(hashtext(?))")
                .param("certfleet restarts of " + cluster)
                .query()
                .singleRow();
    }

    private Optional<Lease> open(String cluster) {
        return database.sql("SELECT * FROM restart_lease WHERE cluster = ? AND " + OPEN)
                .param(cluster)
                .query(RestartLeases::lease)
                .optional();
    }

    private Optional<Lease> find(String cluster, UUID id) {
        return database.sql("SELECT * FROM restart_lease WHERE cluster = ? AND id = ?")
                .params(cluster, id)
                .query(RestartLeases::lease)
                .optional();
    }

    /** Where the restart under way can end at any time, soon; where somebody has to look first, later. */
    private static Duration retryAfter(Lease lease, Lease.State state, Instant now) {
        if (state != Lease.State.HELD) {
            return LATER;
        }
        Duration left = Duration.between(now, lease.expiresAt());
        return left.compareTo(SOON) < 0 ? left : SOON;
    }

    private static Lease lease(ResultSet row, int number) throws SQLException {
        return new Lease(
                row.getObject("id", UUID.class),
                row.getString("cluster"),
                row.getString("node"),
                row.getString("component"),
                row.getString("reason"),
                row.getTimestamp("granted_at").toInstant(),
                row.getTimestamp("expires_at").toInstant(),
                instant(row, "ended_at"),
                row.getObject("healthy", Boolean.class),
                row.getString("detail"),
                instant(row, "cleared_at"),
                row.getString("cleared_by"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        Timestamp time = row.getTimestamp(column);
        return time == null ? null : time.toInstant();
    }
}
