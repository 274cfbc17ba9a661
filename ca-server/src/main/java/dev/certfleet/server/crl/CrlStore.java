package dev.certfleet.server.crl;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The newest CRLs in the database, where all servers have them from. Their DER is in pieces of about a mebibyte, written and
 * read one at a time. Everything here is in the caller's transaction, but for {@link #storing}.
 */
@Component
class CrlStore {
    /** What an attempt that came to nothing may have left under the number. */
    static final String CLEAR = "DELETE FROM crl_piece WHERE authority = ? AND part = ? AND number = ?";

    static final String INSERT_PIECE =
            "INSERT INTO crl_piece (authority, part, number, piece, octets) VALUES (?, ?, ?, ?, ?)";

    private static final String COLUMNS =
            "authority, part, number, this_update, next_update, scheduled_at, lists_from, covers, base_number,"
                    + " base_covers, made_in_ms, size";

    private final JdbcClient database;
    private final DataSource dataSource;

    CrlStore(JdbcClient database, DataSource dataSource) {
        this.database = database;
        this.dataSource = dataSource;
    }

    /**
     * A CRL but for its DER.
     *
     * @param number its CRL number
     * @param scheduledAt when the newest one was issued that no change had asked for
     * @param listsFrom certificates that ended before are not in it
     * @param covers the changes that are surely in it
     * @param baseNumber the number of the full CRL that the delta adds to
     * @param baseCovers the changes that are surely in that one
     * @param madeInMillis how long making it took
     * @param size in octets
     */
    record Row(
            CrlId id,
            long number,
            Instant thisUpdate,
            Instant nextUpdate,
            Instant scheduledAt,
            Instant listsFrom,
            long covers,
            long baseNumber,
            long baseCovers,
            long madeInMillis,
            long size) {}

    Optional<Row> find(CrlId id) {
        return database.sql("SELECT " + COLUMNS + " FROM crl WHERE authority = ? AND part = ?")
                .params(id.authority(), id.part().label())
                .query(CrlStore::row)
                .optional();
    }

    /** Those issued since a time; all of them for the beginning of time. */
    List<Row> since(Instant thisUpdate) {
        return database.sql("SELECT " + COLUMNS + " FROM crl WHERE this_update >= ?")
                .param(Timestamp.from(thisUpdate))
                .query(CrlStore::row)
                .list();
    }

    private static Row row(ResultSet row, int count) throws SQLException {
        return new Row(
                new CrlId(row.getString("authority"), CrlPart.of(row.getString("part"))),
                row.getLong("number"),
                instant(row, "this_update"),
                instant(row, "next_update"),
                instant(row, "scheduled_at"),
                instant(row, "lists_from"),
                row.getLong("covers"),
                row.getLong("base_number"),
                row.getLong("base_covers"),
                row.getLong("made_in_ms"),
                row.getLong("size"));
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getTimestamp(column).toInstant();
    }

    /** Makes this the newest one, after its pieces are stored. */
    void put(Row row) {
        int stored = database.sql("INSERT INTO crl (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT (authority, part) DO UPDATE SET number = excluded.number,"
                        + " this_update = excluded.this_update, next_update = excluded.next_update,"
                        + " scheduled_at = excluded.scheduled_at, lists_from = excluded.lists_from,"
                        + " covers = excluded.covers, base_number = excluded.base_number,"
                        + " base_covers = excluded.base_covers, made_in_ms = excluded.made_in_ms,"
                        + " size = excluded.size WHERE crl.number < excluded.number")
                .param(row.id().authority())
                .param(row.id().part().label())
                .param(row.number())
                .param(Timestamp.from(row.thisUpdate()))
                .param(Timestamp.from(row.nextUpdate()))
                .param(Timestamp.from(row.scheduledAt()))
                .param(Timestamp.from(row.listsFrom()))
                .param(row.covers())
                .param(row.baseNumber())
                .param(row.baseCovers())
                .param(row.madeInMillis())
                .param(row.size())
                .update();
        if (stored != 1) {
            throw new IllegalStateException("CRL " + row.number() + " of " + row.id() + " came too late");
        }
        database.sql("DELETE FROM crl_piece WHERE authority = ? AND part = ? AND number < ?")
                .params(row.id().authority(), row.id().part().label(), row.number())
                .update();
    }

    /** Stores the DER of a CRL that is one piece. */
    void putWhole(CrlId id, long number, byte[] der) {
        database.sql(CLEAR).params(id.authority(), id.part().label(), number).update();
        database.sql(INSERT_PIECE)
                .params(id.authority(), id.part().label(), number, 0, der)
                .update();
    }

    /** Takes the pieces of a CRL as they come, outside of the caller's transaction. */
    StoringPieces storing(CrlId id, long number) {
        return new StoringPieces(dataSource, id, number);
    }

    /** Writes the DER of a CRL. */
    void read(Row row, OutputStream out) throws IOException {
        long left = row.size();
        for (int piece = 0; left > 0; piece++) {
            byte[] octets = database.sql("SELECT octets FROM crl_piece WHERE authority = ? AND part = ?"
                            + " AND number = ? AND piece = ?")
                    .params(row.id().authority(), row.id().part().label(), row.number(), piece)
                    .query(byte[].class)
                    .optional()
                    .orElseThrow(() -> new IOException("CRL " + row.number() + " of " + row.id() + " is not whole"));
            out.write(octets);
            left -= octets.length;
        }
    }

    /** How often the revocations of an authority changed. */
    long changes(String authority) {
        return one("SELECT changes FROM crl_change WHERE authority = ?", authority);
    }

    /** Of all generations together. */
    long changesOfKind(String cluster, String kind) {
        return one(
                "SELECT sum(c.changes)::bigint FROM crl_change c JOIN authority a ON a.name = c.authority"
                        + " WHERE a.cluster = ? AND a.kind = ?",
                cluster,
                kind);
    }

    /** The last change in a shard. */
    long lastChange(String authority, int shard) {
        return one("SELECT change FROM crl_shard_change WHERE authority = ? AND shard = ?", authority, shard);
    }

    private long one(String sql, Object... parameters) {
        return database.sql("SELECT coalesce((" + sql + "), 0)")
                .params(parameters)
                .query(Long.class)
                .single();
    }
}
