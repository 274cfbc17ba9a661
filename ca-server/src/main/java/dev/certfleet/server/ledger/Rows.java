package dev.certfleet.server.ledger;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.Serial;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads the ledger's rows. */
final class Rows {
    /** For a query over {@code certificate c LEFT JOIN revocation r} on the revocation in force. */
    static final String CERTIFICATE_COLUMNS =
            "c.serial, c.fingerprint, c.authority, c.cluster, c.profile, c.node, c.operator, c.subject, c.dns_names,"
                    + " c.addresses, c.not_before, c.not_after, c.certificate, c.issued_at, c.first_used_at,"
                    + " c.superseded_at, r.revoked_at, r.reason";

    static final String CERTIFICATES =
            " FROM certificate c LEFT JOIN revocation r ON r.serial = c.serial AND r.released_at IS NULL";

    static final String REVOCATION_COLUMNS =
            "r.id, c.fingerprint, r.serial, c.cluster, r.reason, r.revoked_at, r.invalidity_date, r.comment,"
                    + " r.revoked_by, r.released_at";

    private Rows() {}

    static CertificateRecord certificate(ResultSet row, int number) throws SQLException {
        Instant revokedAt = instant(row, "revoked_at");
        return new CertificateRecord(
                Serial.of(row.getBytes("serial")),
                fingerprint(row),
                row.getString("authority"),
                row.getString("cluster"),
                row.getString("profile"),
                row.getString("node"),
                row.getString("operator"),
                row.getString("subject"),
                texts(row, "dns_names"),
                texts(row, "addresses"),
                row.getTimestamp("not_before").toInstant(),
                row.getTimestamp("not_after").toInstant(),
                row.getBytes("certificate"),
                row.getTimestamp("issued_at").toInstant(),
                instant(row, "first_used_at"),
                instant(row, "superseded_at"),
                revokedAt == null
                        ? null
                        : new CertificateRecord.Revoked(revokedAt, RevocationReason.ofCode(row.getInt("reason"))));
    }

    static RevocationRecord revocation(ResultSet row, int number) throws SQLException {
        return new RevocationRecord(
                row.getObject("id", UUID.class),
                fingerprint(row),
                Serial.of(row.getBytes("serial")),
                row.getString("cluster"),
                RevocationReason.ofCode(row.getInt("reason")),
                row.getTimestamp("revoked_at").toInstant(),
                instant(row, "invalidity_date"),
                row.getString("comment"),
                row.getString("revoked_by"),
                instant(row, "released_at"));
    }

    static Fingerprint fingerprint(ResultSet row) throws SQLException {
        return new Fingerprint(HexFormat.of().formatHex(row.getBytes("fingerprint")));
    }

    static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        Timestamp timestamp = row.getTimestamp(column);
        return timestamp == null ? null : timestamp.toInstant();
    }

    /** Empty where there is no array. */
    static List<String> texts(ResultSet row, String column) throws SQLException {
        Array array = row.getArray(column);
        return array == null ? List.of() : List.of((String[]) array.getArray());
    }
}
