package dev.certfleet.server.ledger;

import dev.certfleet.server.x509.KeyHash;
import java.sql.Timestamp;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Compares blocked keys and quarantines known from elsewhere with the database, and puts back those that it lost. */
@Component
public class LostBlocks {
    private final JdbcClient database;
    private final Quarantines quarantines;
    private final ApplicationEventPublisher events;

    LostBlocks(JdbcClient database, Quarantines quarantines, ApplicationEventPublisher events) {
        this.database = database;
        this.quarantines = quarantines;
        this.events = events;
    }

    /** Which of these keys the database does not block, or only for a quarantine's sake where they are compromised. */
    public Set<KeyHash> lostKeys(List<BlockedKeys.Entry> known) {
        Set<KeyHash> lost = new HashSet<>();
        database.sql("SELECT w.key FROM unnest(?::text[], ?::text[]) AS w (key, cause)"
                        + " LEFT JOIN blocked_key b ON b.public_key_hash = decode(w.key, 'hex')"
                        + " WHERE b.cause IS NULL OR (w.cause = 'compromised' AND b.cause <> 'compromised')")
                .param(known.stream().map(entry -> entry.key().hex()).toArray(String[]::new))
                .param(known.stream().map(BlockedKeys.Entry::cause).toArray(String[]::new))
                .query(row -> {
                    lost.add(new KeyHash(row.getString("key")));
                });
        return lost;
    }

    /** What became of a quarantine. */
    public enum Found {
        /** It is on record, and over if it was known to be. */
        ON_RECORD,
        /** It is not on record. */
        LOST,
        /** It is on record, and its end is not. */
        END_LOST,
        /** It is not on record, nor is the node's cluster. */
        CLUSTER_LOST
    }

    /** Of each, by its id, what the database has of it at this moment. */
    public Map<UUID, Found> compare(List<QuarantineRecord> known) {
        Map<UUID, Boolean> over = new HashMap<>();
        known.forEach(quarantine -> over.put(quarantine.id(), quarantine.isOver()));
        Map<UUID, Found> found = new HashMap<>();
        database.sql("SELECT w.id, q.id IS NOT NULL AS there, q.ended_at IS NOT NULL AS over, c.name AS cluster"
                        + " FROM unnest(?::uuid[], ?::text[]) AS w (id, cluster) LEFT JOIN quarantine q ON q.id = w.id"
                        + " LEFT JOIN cluster c ON c.name = w.cluster")
                .param(known.stream()
                        .map(quarantine -> quarantine.id().toString())
                        .toArray(String[]::new))
                .param(known.stream().map(QuarantineRecord::cluster).toArray(String[]::new))
                .query(row -> {
                    UUID id = row.getObject("id", UUID.class);
                    if (row.getBoolean("there")) {
                        boolean endLost = over.getOrDefault(id, false) && !row.getBoolean("over");
                        found.put(id, endLost ? Found.END_LOST : Found.ON_RECORD);
                    } else {
                        found.put(id, row.getString("cluster") == null ? Found.CLUSTER_LOST : Found.LOST);
                    }
                });
        return found;
    }

    /**
     * Blocks a key again, in the caller's transaction, which keeps from issuing. What was certified for it meanwhile is for
     * whoever listens to revoke.
     *
     * @param by the server whose journal has it
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void putBack(BlockedKeys.Entry key, UUID by) {
        database.sql("INSERT INTO blocked_key (public_key_hash, cause, cluster, node, comment, blocked_by, blocked_at)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (public_key_hash) DO UPDATE SET"
                        + " cause = excluded.cause, cluster = excluded.cluster, node = excluded.node,"
                        + " comment = excluded.comment, blocked_by = excluded.blocked_by,"
                        + " blocked_at = excluded.blocked_at"
                        + " WHERE CASE WHEN blocked_key.cause = excluded.cause"
                        + " THEN blocked_key.blocked_at > excluded.blocked_at ELSE excluded.cause = 'compromised' END")
                .param(key.key().bytes())
                .param(key.cause())
                .param(key.cluster())
                .param(key.node())
                .param(key.comment())
                .param(key.by())
                .param(Timestamp.from(key.at()))
                .update();
        database.sql("UPDATE journalled_key SET replica = ? WHERE public_key_hash = ? AND cause = ?")
                .params(by, key.key().bytes(), key.cause())
                .update();
        events.publishEvent(new BlockChange.KeyBlocked(key, true));
    }

    /**
     * Puts back a quarantine, or its end, in the caller's transaction. The node is for whoever listens.
     *
     * @param by the server whose journal has it
     * @return false where there was nothing to do after all, or nothing can be done
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public boolean putBack(QuarantineRecord quarantine, UUID by) {
        Found found = compare(List.of(quarantine)).getOrDefault(quarantine.id(), Found.CLUSTER_LOST);
        switch (found) {
            case ON_RECORD, CLUSTER_LOST -> {
                return false;
            }
            case LOST -> {
                quarantines.insert(quarantine);
                database.sql("UPDATE quarantine SET journalled = ?, end_journalled = CASE WHEN ended_at IS NOT NULL"
                                + " THEN ?::uuid END WHERE id = ?")
                        .params(by, by, quarantine.id())
                        .update();
                events.publishEvent(new BlockChange.NodeQuarantined(quarantine, true));
            }
            case END_LOST -> {
                database.sql("UPDATE quarantine SET ended_by = ?, ended_at = ?, end_journalled = ? WHERE id = ?")
                        .param(quarantine.endedBy())
                        .param(Optional.ofNullable(quarantine.endedAt())
                                .map(Timestamp::from)
                                .orElseThrow())
                        .param(by)
                        .param(quarantine.id())
                        .update();
                events.publishEvent(new BlockChange.QuarantineEnded(quarantine, true));
            }
        }
        return true;
    }
}
