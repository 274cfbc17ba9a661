package dev.certfleet.server.ledger;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** The quarantines that there were. A node can be in several at once, where it was put in quarantine again; they end together. */
@Component
public class Quarantines {
    private final JdbcClient database;
    private final ApplicationEventPublisher events;
    private final Clock clock;

    Quarantines(JdbcClient database, ApplicationEventPublisher events, Clock clock) {
        this.database = database;
        this.events = events;
        this.clock = clock;
    }

    /** Records one that begins. The caller's transaction has the node's row. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void begin(QuarantineRecord quarantine) {
        insert(quarantine);
        events.publishEvent(
                new BlockChange.NodeQuarantined(find(quarantine.id()).orElseThrow(), false));
    }

    /** Ends all of a node. The caller's transaction has the node's row. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void end(String cluster, String node, String by) {
        List<UUID> ended = database.sql("UPDATE quarantine SET ended_by = ?, ended_at = ?"
                        + " WHERE cluster = ? AND node = ? AND ended_at IS NULL RETURNING id")
                .params(by, Timestamp.from(clock.instant()), cluster, node)
                .query((row, number) -> row.getObject("id", UUID.class))
                .list();
        for (UUID id : ended) {
            events.publishEvent(new BlockChange.QuarantineEnded(find(id).orElseThrow(), false));
        }
    }

    /** Whether any of a node lasts. */
    public boolean isIn(String cluster, String node) {
        return database.sql(
                        "SELECT EXISTS (SELECT 1 FROM quarantine WHERE cluster = ? AND node = ? AND ended_at IS NULL)")
                .params(cluster, node)
                .query(Boolean.class)
                .single();
    }

    Optional<QuarantineRecord> find(UUID id) {
        return database.sql("SELECT * FROM quarantine WHERE id = ?")
                .param(id)
                .query(Quarantines::quarantine)
                .optional();
    }

    /** Records one as it is, where it is not on record. */
    void insert(QuarantineRecord quarantine) {
        database.sql(
                        "INSERT INTO quarantine (id, cluster, node, roles, addresses, enrolled_at, tokens, machines, reason,"
                                + " comment, quarantined_by, quarantined_at, ended_by, ended_at)"
                                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING")
                .param(quarantine.id())
                .param(quarantine.cluster())
                .param(quarantine.node())
                .param(quarantine.roles().toArray(String[]::new))
                .param(quarantine.addresses().toArray(String[]::new))
                .param(Timestamp.from(quarantine.enrolledAt()))
                .param(quarantine.tokens().toArray(String[]::new))
                .param(quarantine.machines().toArray(String[]::new))
                .param(quarantine.reason())
                .param(quarantine.comment())
                .param(quarantine.by())
                .param(Timestamp.from(quarantine.at()))
                .param(quarantine.endedBy())
                .param(quarantine.endedAt() == null ? null : Timestamp.from(quarantine.endedAt()))
                .update();
    }

    static QuarantineRecord quarantine(ResultSet row, int number) throws SQLException {
        return new QuarantineRecord(
                row.getObject("id", UUID.class),
                row.getString("cluster"),
                row.getString("node"),
                Rows.texts(row, "roles"),
                Rows.texts(row, "addresses"),
                row.getTimestamp("enrolled_at").toInstant(),
                Rows.texts(row, "tokens"),
                Rows.texts(row, "machines"),
                row.getString("reason"),
                row.getString("comment"),
                row.getString("quarantined_by"),
                row.getTimestamp("quarantined_at").toInstant(),
                row.getString("ended_by"),
                Rows.instant(row, "ended_at"));
    }
}
