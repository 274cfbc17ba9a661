package dev.certfleet.server.rotation;

import dev.certfleet.pki.AuthorityKind;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Rotations as they are on record. A rotation's row is locked before anything else that its transaction locks. */
@Component
class RotationRows {
    private final JdbcClient database;
    private final Clock clock;

    RotationRows(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** One at a time begins a rotation of a kind, until its transaction ends: the next generation has one name. */
    void takeTurns(@Nullable String cluster, AuthorityKind kind) {
        database.sql("SELECT pg_advisory_xact_lock(hashtext(?))")
                .param("certfleet rotations of " + cluster + " " + kind.label())
                .query()
                .singleRow();
    }

    /** False where another rotation of the kind is under way. */
    boolean insert(Rotation rotation) {
        return database.sql("INSERT INTO rotation (id, cluster, kind, outgoing, incoming, emergency, step, left_out,"
                                + " waits, started_by, started_at, step_since, moved_at)"
                                + " VALUES (?, ?, ?, ?, ?, ?, ?, '{}', 0, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
                        .param(rotation.id())
                        .param(rotation.cluster())
                        .param(rotation.kind().label())
                        .param(rotation.outgoing())
                        .param(rotation.incoming())
                        .param(rotation.emergency())
                        .param(rotation.step().label())
                        .param(rotation.startedBy())
                        .param(Timestamp.from(rotation.startedAt()))
                        .param(Timestamp.from(rotation.stepSince()))
                        .param(Timestamp.from(rotation.movedAt()))
                        .update()
                == 1;
    }

    Optional<Rotation> find(@Nullable String cluster, UUID id) {
        return one("SELECT * FROM rotation WHERE id = ? AND cluster IS NOT DISTINCT FROM ?", id, cluster);
    }

    /** Until the transaction ends, nobody else moves it. */
    Optional<Rotation> lock(@Nullable String cluster, UUID id) {
        return one("SELECT * FROM rotation WHERE id = ? AND cluster IS NOT DISTINCT FROM ? FOR UPDATE", id, cluster);
    }

    /** The same of the one of this kind that is under way. */
    Optional<Rotation> lockUnderWay(@Nullable String cluster, AuthorityKind kind) {
        return one(
                "SELECT * FROM rotation WHERE cluster IS NOT DISTINCT FROM ? AND kind = ? AND ended_at IS NULL FOR UPDATE",
                cluster,
                kind.label());
    }

    /** The same, empty where another server or an operator has it at this moment, or it ended. */
    Optional<Rotation> lockIfFree(UUID id) {
        return one("SELECT * FROM rotation WHERE id = ? AND ended_at IS NULL FOR UPDATE SKIP LOCKED", id);
    }

    List<Rotation> underWay() {
        return database.sql("SELECT * FROM rotation WHERE ended_at IS NULL ORDER BY started_at, id")
                .query(RotationRows::rotation)
                .list();
    }

    /** The newest first. */
    List<Rotation> newest(@Nullable String cluster, int limit) {
        return database.sql("SELECT * FROM rotation WHERE cluster IS NOT DISTINCT FROM ?"
                        + " ORDER BY started_at DESC, id LIMIT ?")
                .param(cluster)
                .param(limit)
                .query(RotationRows::rotation)
                .list();
    }

    void moveTo(Rotation rotation, Step step) {
        Timestamp now = Timestamp.from(clock.instant());
        database.sql("UPDATE rotation SET step = ?, step_since = ?, moved_at = ?, waits = 0, ended_at = ? WHERE id = ?")
                .params(step.label(), now, now)
                .param(step.isEnd() ? now : null)
                .param(rotation.id())
                .update();
    }

    /** Makes it a rotation to another authority, from whichever step it is at. */
    Rotation follow(Rotation rotation, String incoming) {
        database.sql("UPDATE rotation SET incoming = ?, moved_at = ? WHERE id = ?")
                .params(incoming, Timestamp.from(clock.instant()), rotation.id())
                .update();
        return find(rotation.cluster(), rotation.id()).orElseThrow();
    }

    void leaveOut(Rotation rotation, String node) {
        database.sql("UPDATE rotation SET left_out = array_append(left_out, ?), moved_at = ? WHERE id = ?")
                .params(node, Timestamp.from(clock.instant()), rotation.id())
                .update();
    }

    void waitsFor(Rotation rotation, int waits) {
        if (waits != rotation.waits()) {
            database.sql("UPDATE rotation SET waits = ?, moved_at = ? WHERE id = ?")
                    .params(waits, Timestamp.from(clock.instant()), rotation.id())
                    .update();
        }
    }

    private Optional<Rotation> one(String sql, @Nullable Object... parameters) {
        return database.sql(sql)
                .params(Arrays.asList(parameters))
                .query(RotationRows::rotation)
                .optional();
    }

    private static Rotation rotation(ResultSet row, int number) throws SQLException {
        Timestamp endedAt = row.getTimestamp("ended_at");
        return new Rotation(
                row.getObject("id", UUID.class),
                row.getString("cluster"),
                AuthorityKind.of(row.getString("kind")),
                row.getString("outgoing"),
                row.getString("incoming"),
                row.getBoolean("emergency"),
                Step.of(row.getString("step")),
                List.of((String[]) row.getArray("left_out").getArray()),
                row.getInt("waits"),
                row.getString("started_by"),
                instant(row, "started_at"),
                instant(row, "step_since"),
                instant(row, "moved_at"),
                endedAt == null ? null : endedAt.toInstant());
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getTimestamp(column).toInstant();
    }
}
