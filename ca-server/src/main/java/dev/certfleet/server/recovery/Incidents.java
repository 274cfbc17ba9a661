package dev.certfleet.server.recovery;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.replica.ThisReplica;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** What the database itself says of being behind, so that all servers know. */
@Component
class Incidents {
    /** A server that was not seen for this long is not waited for: nobody starts it again. */
    static final Duration FORGOTTEN = Duration.ofDays(30);

    private static final String ACTOR = "server";

    private final JdbcClient database;
    private final ThisReplica self;
    private final AuditLog audit;
    private final Clock clock;

    Incidents(JdbcClient database, ThisReplica self, AuditLog audit, Clock clock) {
        this.database = database;
        this.self = self;
        this.audit = audit;
        this.clock = clock;
    }

    record Incident(UUID id, Instant since, boolean epochChanged) {}

    Optional<Incident> current() {
        return incident("");
    }

    /** The same; nobody else changes it until the caller's transaction ends. */
    @Transactional(propagation = Propagation.MANDATORY)
    Optional<Incident> lock() {
        return incident(" FOR UPDATE");
    }

    private Optional<Incident> incident(String lock) {
        return database.sql("SELECT incident, since, epoch_changed FROM database_behind" + lock)
                .query((row, number) -> new Incident(
                        row.getObject("incident", UUID.class),
                        row.getTimestamp("since").toInstant(),
                        row.getBoolean("epoch_changed")))
                .optional();
    }

    /**
     * Says that the database is behind.
     *
     * @param kind {@code journal} or {@code mark}
     * @param highest by cluster, the highest sequence that is known to have been
     * @param missing how many revocations, blocked keys and quarantines are known to be missing
     */
    @Transactional
    public UUID open(String kind, Map<String, Long> highest, long missing) {
        Instant now = clock.instant();
        UUID made = UUID.randomUUID();
        int inserted = database.sql("INSERT INTO database_behind (incident, since, epoch_changed)"
                        + " VALUES (?, ?, false) ON CONFLICT DO NOTHING")
                .params(made, Timestamp.from(now))
                .update();
        if (inserted == 1) {
            audit.append(
                    ACTOR,
                    new AuditEvent.DatabaseBehind(self.replica().name(), kind, String.join(", ", highest.keySet())));
        }
        UUID incident = lock().orElseThrow().id();
        highest.forEach((cluster, sequence) -> database.sql(
                        "INSERT INTO behind_evidence (incident, replica, kind, cluster, sequence, missing, at)"
                                + " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (incident, replica, kind, cluster) DO UPDATE"
                                + " SET sequence = greatest(behind_evidence.sequence, excluded.sequence),"
                                + " missing = greatest(behind_evidence.missing, excluded.missing)")
                .param(incident)
                .param(self.replica().id())
                .param(kind)
                .param(cluster)
                .param(sequence)
                .param(missing)
                .param(Timestamp.from(now))
                .update());
        return incident;
    }

    /** Whether this installation ever had the epoch, as far as this database knows. */
    boolean knowsEpoch(String epoch) {
        return database.sql("SELECT count(*) FROM feed_epoch WHERE epoch = ?::uuid")
                        .param(epoch)
                        .query(Long.class)
                        .single()
                > 0;
    }

    /**
     * Notes what this server's journal was found to have, and the database not. Where all was put back already and nobody
     * else is waited for, the incident is over with that.
     */
    @Transactional
    public void report(UUID incident, long missing) {
        report(incident, missing, ACTOR);
    }

    /** The same, by an operator's replay. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void report(UUID incident, long missing, String actor) {
        Optional<Incident> current = lock();
        database.sql("UPDATE replica SET checked_incident = ?, missing = ? WHERE id = ?")
                .params(incident, missing, self.replica().id())
                .update();
        if (current.filter(Incident::epochChanged).isPresent()) {
            endIfDone(actor);
        }
    }

    /** Whether this server said what its journal has, in this incident. */
    boolean hasReported(UUID incident) {
        return database.sql("SELECT count(*) FROM replica WHERE id = ? AND checked_incident = ?")
                        .params(self.replica().id(), incident)
                        .query(Long.class)
                        .single()
                > 0;
    }

    /** Begins a new history of the feeds, above all that anybody has seen of the old one. */
    @Transactional(propagation = Propagation.MANDATORY)
    public String newEpoch() {
        database.sql("UPDATE feed_head h SET sequence = greatest(h.sequence, coalesce((SELECT max(e.sequence)"
                        + " FROM behind_evidence e, database_behind b"
                        + " WHERE e.incident = b.incident AND e.cluster = h.cluster), 0))")
                .update();
        String epoch = database.sql("UPDATE installation SET epoch = ? RETURNING epoch::text")
                .param(UUID.randomUUID())
                .query(String.class)
                .single();
        database.sql("UPDATE database_behind SET epoch_changed = true").update();
        return epoch;
    }

    /**
     * A server and what is known of its journal.
     *
     * @param seenAt when it last said that it runs
     * @param missing what its journal has and the database lacks; null where it has not said so in this incident
     * @param givenUp whether an operator gave its journal up
     * @param awaited whether the incident cannot end without it
     */
    record Holder(
            UUID id,
            String name,
            Instant seenAt,
            boolean running,
            @Nullable Long missing,
            boolean givenUp,
            boolean awaited) {}

    /** The servers whose journals matter. */
    List<Holder> holders() {
        Instant now = clock.instant();
        return database.sql("SELECT r.id, r.name, r.seen_at, NOT r.stopped AND r.seen_at > ? AS running,"
                        + " CASE WHEN r.checked_incident = b.incident THEN r.missing END AS missing,"
                        + " r.given_up_incident IS NOT DISTINCT FROM b.incident AND b.incident IS NOT NULL AS given_up,"
                        + " b.incident IS NOT NULL AS behind"
                        + " FROM replica r LEFT JOIN database_behind b ON true WHERE r.seen_at > ? ORDER BY r.name")
                .params(Timestamp.from(now.minus(ThisReplica.LIVE)), Timestamp.from(now.minus(FORGOTTEN)))
                .query((row, number) -> {
                    long count = row.getLong("missing");
                    Long missing = row.wasNull() ? null : Long.valueOf(count);
                    boolean givenUp = row.getBoolean("given_up");
                    return new Holder(
                            row.getObject("id", UUID.class),
                            row.getString("name"),
                            row.getTimestamp("seen_at").toInstant(),
                            row.getBoolean("running"),
                            missing,
                            givenUp,
                            row.getBoolean("behind") && !givenUp && (missing == null || missing > 0));
                })
                .list();
    }

    record Evidence(String replica, String kind, String cluster, long sequence, long missing, Instant at) {}

    List<Evidence> evidence() {
        return database.sql(
                        "SELECT coalesce(r.name, e.replica::text) AS name, e.kind, e.cluster, e.sequence, e.missing,"
                                + " e.at FROM behind_evidence e JOIN database_behind b ON b.incident = e.incident"
                                + " LEFT JOIN replica r ON r.id = e.replica ORDER BY e.at, e.kind, e.cluster")
                .query((row, number) -> new Evidence(
                        row.getString("name"),
                        row.getString("kind"),
                        row.getString("cluster"),
                        row.getLong("sequence"),
                        row.getLong("missing"),
                        row.getTimestamp("at").toInstant()))
                .list();
    }

    /** Gives up what a server's journal has; false where there is no such server. */
    @Transactional(propagation = Propagation.MANDATORY)
    public boolean giveUp(UUID replica, UUID incident) {
        return database.sql("UPDATE replica SET given_up_incident = ? WHERE id = ?")
                        .params(incident, replica)
                        .update()
                == 1;
    }

    /** Ends the incident, which is {@link #lock locked}, where nobody is waited for. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void endIfDone(String actor) {
        if (holders().stream().noneMatch(Holder::awaited)) {
            database.sql("DELETE FROM database_behind").update();
            audit.append(actor, new AuditEvent.DatabaseCaughtUp(self.replica().name()));
        }
    }
}
