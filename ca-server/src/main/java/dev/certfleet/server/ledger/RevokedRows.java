package dev.certfleet.server.ledger;

import dev.certfleet.server.x509.CrlShards;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.SQLErrorCodeSQLExceptionTranslator;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Reads what CRLs list by PostgreSQL's COPY, one row at a time, in the caller's transaction: a million rows take no more
 * memory than one.
 */
@Component
public class RevokedRows {
    private final DataSource dataSource;

    RevokedRows(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** Takes rows; the one row is filled again for each. */
    public interface Reader {
        void read(RevokedRow row) throws IOException;
    }

    /**
     * All that are revoked by now.
     *
     * @param notEndedBefore certificates that ended before it are left out
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void all(String authority, Instant notEndedBefore, Reader reader) throws IOException {
        copy("r.serial, r.revoked_at, r.reason, r.invalidity_date" + inForce(authority, notEndedBefore), reader);
    }

    /** As {@link #all}, of one shard. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void ofShard(String authority, int shard, int shards, Instant notEndedBefore, Reader reader)
            throws IOException {
        copy(
                "r.serial, r.revoked_at, r.reason, r.invalidity_date" + inForce(authority, notEndedBefore)
                        + " AND r.serial BETWEEN " + octets(CrlShards.lowest(shard, shards)) + " AND "
                        + octets(CrlShards.highest(shard, shards)),
                reader);
    }

    /**
     * What changed since a count of changes: revoked since then, or released since then and not revoked again, the latter
     * with the reason removeFromCRL (RFC 5280 section 5.2.4).
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void changedSince(String authority, long changes, Instant notEndedBefore, Reader reader) throws IOException {
        copy(
                "r.serial, r.revoked_at, r.reason, r.invalidity_date" + inForce(authority, notEndedBefore)
                        + " AND r.change > " + changes
                        + " UNION ALL SELECT r.serial, max(r.released_at), " + RevokedRow.REMOVE_FROM_CRL
                        + "::smallint, NULL::timestamptz FROM revocation r WHERE r.authority = " + text(authority)
                        + " AND r.released_at IS NOT NULL AND r.released_change > " + changes
                        + " AND r.not_after >= " + time(notEndedBefore)
                        + " AND NOT EXISTS (SELECT 1 FROM revocation f WHERE f.serial = r.serial"
                        + " AND f.released_at IS NULL) GROUP BY r.serial",
                reader);
    }

    private static String inForce(String authority, Instant notEndedBefore) {
        return " FROM revocation r WHERE r.authority = " + text(authority) + " AND r.released_at IS NULL"
                + " AND r.not_after >= " + time(notEndedBefore);
    }

    private void copy(String select, Reader reader) throws IOException {
        String sql = "COPY (SELECT " + select + ") TO STDOUT (FORMAT binary)";
        Connection connection = DataSourceUtils.getConnection(dataSource);
        try {
            CopyOut copy = connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql);
            try {
                read(copy, reader);
            } finally {
                if (copy.isActive()) {
                    copy.cancelCopy();
                }
            }
        } catch (SQLException e) {
            throw new SQLErrorCodeSQLExceptionTranslator(dataSource).translate("COPY", sql, e);
        } finally {
            DataSourceUtils.releaseConnection(connection, dataSource);
        }
    }

    /** The file's head, with or before the first row; then a message for each row; then -1 for a number of fields. */
    private static void read(CopyOut copy, Reader reader) throws SQLException, IOException {
        RevokedRow row = new RevokedRow();
        boolean headed = false;
        for (byte[] message = copy.readFromCopy(); message != null; message = copy.readFromCopy()) {
            ByteBuffer in = ByteBuffer.wrap(message);
            if (!headed) {
                skipHead(in);
                headed = true;
            }
            if (in.hasRemaining() && in.getShort() >= 0) {
                row.fill(in);
                reader.read(row);
            }
        }
    }

    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0};

    private static void skipHead(ByteBuffer in) throws IOException {
        byte[] signature = new byte[SIGNATURE.length];
        in.get(signature);
        if (!Arrays.equals(signature, SIGNATURE)) {
            throw new IOException("PostgreSQL's COPY does not begin as a binary file does");
        }
        in.getInt();
        int extension = in.getInt();
        in.position(in.position() + extension);
    }

    /** COPY takes no parameters. */
    private static String text(String value) {
        if (value.indexOf('\'') >= 0 || value.indexOf('\\') >= 0) {
            throw new IllegalArgumentException("an authority has no such name: " + value);
        }
        return "'" + value + "'";
    }

    private static String time(Instant time) {
        return "'" + time + "'::timestamptz";
    }

    private static String octets(byte[] value) {
        return "'\\x" + HexFormat.of().formatHex(value) + "'::bytea";
    }
}
