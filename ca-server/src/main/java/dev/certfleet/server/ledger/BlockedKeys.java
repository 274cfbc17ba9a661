package dev.certfleet.server.ledger;

import dev.certfleet.server.x509.KeyHash;
import dev.certfleet.server.x509.Serial;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Public keys that are never certified again. A transaction that blocks a key and one that records a certificate exclude
 * each other: either the certificate is there to be revoked when its key is blocked, or the key is blocked when the
 * certificate would be recorded. Recording ones do not exclude each other. The lock is taken before any other but a node's;
 * it is of one cluster where only what that cluster has is revoked.
 */
@Component
public class BlockedKeys {
    /** Names the advisory lock in PostgreSQL for all clusters. */
    private static final long LOCK = 0x4345525446L;

    /** The first of the two numbers that name a cluster's; the second is made of its name. */
    private static final int CLUSTERS = 0x43455254;

    private final JdbcClient database;
    private final ApplicationEventPublisher events;
    private final Clock clock;

    BlockedKeys(JdbcClient database, ApplicationEventPublisher events, Clock clock) {
        this.database = database;
        this.events = events;
        this.clock = clock;
    }

    /**
     * A blocked key.
     *
     * @param key its hash
     * @param cause {@code compromised} or {@code quarantine}
     * @param cluster the cluster of the node in quarantine; null for a compromised key
     * @param node the node in quarantine; null for a compromised key
     * @param comment the operator's words
     * @param by who blocked it
     * @param at when
     */
    public record Entry(
            KeyHash key,
            String cause,
            @Nullable String cluster,
            @Nullable String node,
            @Nullable String comment,
            String by,
            Instant at) {}

    /** Keeps certificates from being recorded, in all clusters and outside of any, until the caller's transaction ends. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void keepFromIssuing() {
        database.sql("SELECT pg_advisory_xact_lock(?)").param(LOCK).query().singleRow();
    }

    /**
     * Keeps a cluster's certificates from being recorded until the caller's transaction ends; the others' are.
     *
     * @param cluster null for what belongs to none
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void keepFromIssuing(@Nullable String cluster) {
        database.sql("SELECT pg_advisory_xact_lock(?, hashtext(coalesce(?, '')))")
                .param(CLUSTERS)
                .param(cluster)
                .query()
                .singleRow();
    }

    /** Waits for whoever keeps this certificate from being recorded, and keeps them waiting until the transaction ends. */
    @Transactional(propagation = Propagation.MANDATORY)
    void issue(Serial serial) {
        database.sql("SELECT pg_advisory_xact_lock_shared(?)")
                .param(LOCK)
                .query()
                .singleRow();
        database.sql("SELECT pg_advisory_xact_lock_shared(?, hashtext(coalesce(cluster, ''))) FROM certificate"
                        + " WHERE serial = ?")
                .params(CLUSTERS, serial.bytes())
                .query()
                .listOfRows();
    }

    /** Blocks a key for good, if it is not blocked as compromised yet. The caller's transaction keeps from issuing. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void compromised(KeyHash key, @Nullable String comment, String by) {
        int blocked = database.sql("INSERT INTO blocked_key (public_key_hash, cause, comment, blocked_by, blocked_at)"
                        + " VALUES (?, 'compromised', ?, ?, ?) ON CONFLICT (public_key_hash) DO UPDATE SET"
                        + " cause = excluded.cause, cluster = NULL, node = NULL, comment = excluded.comment,"
                        + " blocked_by = excluded.blocked_by, blocked_at = excluded.blocked_at"
                        + " WHERE blocked_key.cause <> excluded.cause")
                .param(key.bytes())
                .param(comment)
                .param(by)
                .param(Timestamp.from(clock.instant()))
                .update();
        if (blocked == 1) {
            tell(key);
        }
    }

    private void tell(KeyHash key) {
        events.publishEvent(new BlockChange.KeyBlocked(find(key).orElseThrow(), false));
    }

    /**
     * Blocks the keys of a node. The caller's transaction keeps from issuing.
     *
     * @return how many keys were not blocked before
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public int ofQuarantinedNode(List<KeyHash> keys, String cluster, String node, @Nullable String comment, String by) {
        return keys.stream()
                .mapToInt(key -> quarantined(key, cluster, node, comment, by))
                .sum();
    }

    private int quarantined(KeyHash key, String cluster, String node, @Nullable String comment, String by) {
        int blocked = database.sql(
                        "INSERT INTO blocked_key (public_key_hash, cause, cluster, node, comment, blocked_by,"
                                + " blocked_at) VALUES (?, 'quarantine', ?, ?, ?, ?, ?) ON CONFLICT (public_key_hash) DO NOTHING")
                .param(key.bytes())
                .param(cluster)
                .param(node)
                .param(comment)
                .param(by)
                .param(Timestamp.from(clock.instant()))
                .update();
        if (blocked == 1) {
            tell(key);
        }
        return blocked;
    }

    /** Why a key is blocked, if it is. */
    public Optional<Entry> find(KeyHash key) {
        return database.sql("SELECT * FROM blocked_key WHERE public_key_hash = ?")
                .param(key.bytes())
                .query(BlockedKeys::entry)
                .optional();
    }

    /**
     * Blocked keys, newest first.
     *
     * @param cluster null for all; else what was blocked for it, and compromised keys that certificates of it carried
     * @param after the key that the previous page ended with; null for the first page
     */
    public List<Entry> list(@Nullable String cluster, @Nullable KeyHash after, int limit) {
        return database.sql("SELECT b.* FROM blocked_key b WHERE (:cluster::text IS NULL OR b.cluster = :cluster"
                        + " OR (b.cluster IS NULL AND EXISTS (SELECT 1 FROM certificate c"
                        + " WHERE c.public_key_hash = b.public_key_hash AND c.cluster = :cluster)))"
                        + " AND (:after::bytea IS NULL OR (b.blocked_at, b.public_key_hash) <"
                        + " (SELECT blocked_at, public_key_hash FROM blocked_key WHERE public_key_hash = :after))"
                        + " ORDER BY b.blocked_at DESC, b.public_key_hash DESC LIMIT :limit")
                .param("cluster", cluster)
                .param("after", after == null ? null : after.bytes())
                .param("limit", limit)
                .query(BlockedKeys::entry)
                .list();
    }

    static Entry entry(ResultSet row, int number) throws SQLException {
        return new Entry(
                KeyHash.of(row.getBytes("public_key_hash")),
                row.getString("cause"),
                row.getString("cluster"),
                row.getString("node"),
                row.getString("comment"),
                row.getString("blocked_by"),
                row.getTimestamp("blocked_at").toInstant());
    }
}
