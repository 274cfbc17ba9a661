package dev.certfleet.server.ledger;

import dev.certfleet.pki.RevocationReason;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reads what changed since it read last, over one connection; everything at first. */
final class StatusReader {
    private static final int ROWS_AT_ONCE = 10_000;
    private static final String COLUMNS = "c.authority, floor(extract(epoch FROM c.not_after))::bigint AS not_after,"
            + " floor(extract(epoch FROM r.revoked_at))::bigint AS revoked_at, r.reason,"
            + " floor(extract(epoch FROM r.invalidity_date))::bigint AS invalidity_date";
    private static final String POSITION = "pg_current_snapshot()::text AS snapshot,"
            + " pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest,"
            + " floor(extract(epoch FROM now()))::bigint AS time, i.epoch::text AS epoch";

    /** One statement, so that position and changes are of one snapshot; one row even where nothing changed. */
    private static final String CHANGES =
            "SELECT " + POSITION + ", s.serial, coalesce(c.state = 'issued', false) AS issued, "
                    + COLUMNS + " FROM installation i LEFT JOIN (SELECT DISTINCT serial FROM status_change"
                    + " WHERE xid >= pg_snapshot_xmin(?::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, ?::pg_snapshot)) s ON true"
                    + " LEFT JOIN certificate c ON c.serial = s.serial"
                    + " LEFT JOIN revocation r ON r.serial = s.serial AND r.released_at IS NULL";

    private static final String EVERYTHING = "SELECT c.serial, " + COLUMNS + " FROM certificate c"
            + " LEFT JOIN revocation r ON r.serial = c.serial AND r.released_at IS NULL"
            + " WHERE c.state = 'issued' AND c.not_after >= ?::timestamptz";

    private final Connection connection;
    private final Clock clock;
    private final long awaySeconds;
    private @Nullable Position last;

    /** @param awaySeconds after how long without a reading the log is not relied on */
    StatusReader(Connection connection, Clock clock, long awaySeconds) {
        this.connection = connection;
        this.clock = clock;
        this.awaySeconds = awaySeconds;
    }

    /**
     * How far was read.
     *
     * @param oldest the oldest transaction that was running then
     * @param time the database's, in seconds since 1970
     */
    private record Position(String snapshot, long oldest, long time, String epoch) {
        static Position of(ResultSet row) throws SQLException {
            return new Position(
                    row.getString("snapshot"), row.getLong("oldest"), row.getLong("time"), row.getString("epoch"));
        }

        /** Whether the log leads from here to there. */
        boolean leadsTo(Position later, long awaySeconds) {
            return epoch.equals(later.epoch) && later.oldest >= oldest && later.time - time < awaySeconds;
        }
    }

    void read(StatusChanges.Follower follower) throws SQLException {
        Position before = last;
        last = null;
        last = before == null ? readEverything(follower) : readChanges(before, follower);
    }

    private Position readChanges(Position before, StatusChanges.Follower follower) throws SQLException {
        Instant asOf = clock.instant();
        try (PreparedStatement changes = connection.prepareStatement(CHANGES)) {
            changes.setString(1, before.snapshot);
            changes.setString(2, before.snapshot);
            try (ResultSet row = changes.executeQuery()) {
                Position now = null;
                while (row.next()) {
                    if (now == null) {
                        now = Position.of(row);
                        if (!before.leadsTo(now, awaySeconds)) {
                            return readEverything(follower);
                        }
                    }
                    byte[] serial = row.getBytes("serial");
                    if (serial != null) {
                        tell(follower, serial, row, row.getBoolean("issued"));
                    }
                }
                if (now == null) {
                    throw new SQLException("the installation has no row");
                }
                follower.caughtUp(asOf);
                return now;
            }
        }
    }

    private Position readEverything(StatusChanges.Follower follower) throws SQLException {
        Instant asOf = clock.instant();
        connection.setAutoCommit(false);
        try (Statement begin = connection.createStatement()) {
            begin.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            Position now;
            try (ResultSet row = begin.executeQuery("SELECT " + POSITION + " FROM installation i")) {
                if (!row.next()) {
                    throw new SQLException("the installation has no row");
                }
                now = Position.of(row);
            }
            follower.restart();
            try (PreparedStatement everything = connection.prepareStatement(EVERYTHING)) {
                everything.setFetchSize(ROWS_AT_ONCE);
                everything.setString(1, asOf.minus(follower.archive()).toString());
                try (ResultSet row = everything.executeQuery()) {
                    while (row.next()) {
                        tell(follower, row.getBytes("serial"), row, true);
                    }
                }
            }
            connection.commit();
            follower.caughtUp(asOf);
            return now;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private static void tell(StatusChanges.Follower follower, byte[] serial, ResultSet row, boolean issued)
            throws SQLException {
        ByteBuffer octets = ByteBuffer.wrap(serial);
        long high = octets.getLong();
        long low = octets.getLong();
        if (issued) {
            follower.recorded(
                    new StatusRow(high, low, row.getString("authority"), row.getLong("not_after"), revocation(row)));
        } else {
            follower.gone(high, low);
        }
    }

    private static StatusRow.@Nullable Revoked revocation(ResultSet row) throws SQLException {
        long at = row.getLong("revoked_at");
        if (row.wasNull()) {
            return null;
        }
        RevocationReason reason = RevocationReason.ofCode(row.getInt("reason"));
        long invalidity = row.getLong("invalidity_date");
        return new StatusRow.Revoked(
                Instant.ofEpochSecond(at), reason, row.wasNull() ? null : Instant.ofEpochSecond(invalidity));
    }
}
