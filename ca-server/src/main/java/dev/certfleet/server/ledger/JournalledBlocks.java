package dev.certfleet.server.ledger;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Which blocked keys and quarantines are in a server's journal, as the database remembers it. */
@Component
public class JournalledBlocks {
    private final JdbcClient database;

    JournalledBlocks(JdbcClient database) {
        this.database = database;
    }

    /**
     * What no server has journalled.
     *
     * @param before only what was done before
     * @param limit the most of each kind
     */
    public List<BlockChange> notJournalled(Instant before, int limit) {
        List<BlockChange> due = new ArrayList<>();
        database.sql("SELECT b.* FROM journalled_key j JOIN blocked_key b USING (public_key_hash, cause)"
                        + " WHERE j.replica IS NULL AND b.blocked_at < ? ORDER BY b.blocked_at LIMIT ?")
                .params(Timestamp.from(before), limit)
                .query(BlockedKeys::entry)
                .list()
                .forEach(key -> due.add(new BlockChange.KeyBlocked(key, false)));
        database.sql("SELECT * FROM quarantine WHERE journalled IS NULL AND quarantined_at < ?"
                        + " ORDER BY quarantined_at LIMIT ?")
                .params(Timestamp.from(before), limit)
                .query(Quarantines::quarantine)
                .list()
                .forEach(quarantine -> due.add(new BlockChange.NodeQuarantined(quarantine, false)));
        database.sql("SELECT * FROM quarantine WHERE ended_at IS NOT NULL AND end_journalled IS NULL AND ended_at < ?"
                        + " ORDER BY ended_at LIMIT ?")
                .params(Timestamp.from(before), limit)
                .query(Quarantines::quarantine)
                .list()
                .forEach(quarantine -> due.add(new BlockChange.QuarantineEnded(quarantine, false)));
        return due;
    }

    /** Notes that a server's journal has these. */
    @Transactional
    public void journalled(List<BlockChange> changes, UUID replica) {
        List<BlockedKeys.Entry> keys = new ArrayList<>();
        List<String> begun = new ArrayList<>();
        List<String> ended = new ArrayList<>();
        for (BlockChange change : changes) {
            switch (change) {
                case BlockChange.KeyBlocked(BlockedKeys.Entry key, boolean replayed) -> keys.add(key);
                case BlockChange.NodeQuarantined(QuarantineRecord quarantine, boolean replayed) ->
                    begun.add(quarantine.id().toString());
                case BlockChange.QuarantineEnded(QuarantineRecord quarantine, boolean replayed) ->
                    ended.add(quarantine.id().toString());
            }
        }
        database.sql("UPDATE journalled_key j SET replica = ? FROM unnest(?::text[], ?::text[]) AS w (key, cause)"
                        + " WHERE j.public_key_hash = decode(w.key, 'hex') AND j.cause = w.cause"
                        + " AND j.replica IS NULL")
                .param(replica)
                .param(keys.stream().map(entry -> entry.key().hex()).toArray(String[]::new))
                .param(keys.stream().map(BlockedKeys.Entry::cause).toArray(String[]::new))
                .update();
        database.sql("UPDATE quarantine SET journalled = ? WHERE id = ANY (?::uuid[]) AND journalled IS NULL")
                .param(replica)
                .param(begun.toArray(String[]::new))
                .update();
        database.sql("UPDATE quarantine SET end_journalled = ? WHERE id = ANY (?::uuid[]) AND end_journalled IS NULL")
                .param(replica)
                .param(ended.toArray(String[]::new))
                .update();
    }
}
