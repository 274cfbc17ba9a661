package dev.certfleet.server.ledger;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.Serial;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Every certificate that certfleet's authorities signed, or were about to. A certificate is reserved, in a transaction of
 * its own, before it is signed, and recorded before anybody gets to see it: whatever happens in between, no signed
 * certificate is unknown here.
 */
@Component
public class Ledger {
    /** A reservation of this age whose request comes again was left behind by a crash: signing takes milliseconds. */
    private static final Duration ABANDONED = Duration.ofSeconds(30);

    private final JdbcClient database;
    private final BlockedKeys blockedKeys;
    private final Feed feed;
    private final Clock clock;

    Ledger(JdbcClient database, BlockedKeys blockedKeys, Feed feed, Clock clock) {
        this.database = database;
        this.blockedKeys = blockedKeys;
        this.feed = feed;
        this.clock = clock;
    }

    /** What became of an earlier request by the same requester under the same id; empty where there was none. */
    @Transactional
    public Optional<Reservation> earlier(String requester, String requestId, byte[] requestHash) {
        Optional<Earlier> found = database.sql("SELECT serial, state, request_hash, reserved_at FROM certificate"
                        + " WHERE requester = ? AND request_id = ?")
                .params(requester, requestId)
                .query((row, number) -> new Earlier(
                        Serial.of(row.getBytes("serial")),
                        row.getString("state").equals("issued"),
                        row.getBytes("request_hash"),
                        row.getTimestamp("reserved_at").toInstant()))
                .optional();
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Earlier earlier = found.get();
        if (!Arrays.equals(earlier.requestHash(), requestHash)) {
            return Optional.of(new Reservation.OtherRequest());
        }
        if (earlier.issued()) {
            return Optional.of(
                    new Reservation.AlreadyIssued(find(earlier.serial()).orElseThrow()));
        }
        if (clock.instant().isBefore(earlier.reservedAt().plus(ABANDONED))) {
            return Optional.of(new Reservation.InProgress());
        }
        abandon(earlier.serial());
        return Optional.empty();
    }

    private record Earlier(Serial serial, boolean issued, byte[] requestHash, Instant reservedAt) {}

    /** Frees the request id of a reservation that a crash left behind; the serial stays taken and can never be recorded. */
    private void abandon(Serial serial) {
        database.sql(
                        "UPDATE certificate SET state = 'abandoned', request_id = request_id || '/abandoned/' || encode(serial, 'hex')"
                                + " WHERE serial = ? AND state = 'reserved'")
                .param(serial.bytes())
                .update();
    }

    /**
     * Commits serial and contents before they are signed. The request id is taken with it: of two requests with the same
     * one, exactly one is {@link Reservation.Made}.
     */
    @Transactional(propagation = Propagation.REQUIRES_NEW)
    public Reservation reserve(NewCertificate certificate) {
        return ReservedRow.insert(database, certificate, "(requester, request_id)", clock.instant())
                ? new Reservation.Made()
                : earlier(certificate.requester(), certificate.requestId(), certificate.requestHash())
                        .orElseGet(Reservation.InProgress::new);
    }

    /** Frees the request id of a certificate that was reserved, and refused before it could be recorded. */
    @Transactional(propagation = Propagation.REQUIRES_NEW)
    public void giveUp(Serial serial) {
        abandon(serial);
    }

    /**
     * Records the signed certificate for a reserved serial, in the caller's transaction, and tells the cluster's feed where
     * it is one that a Kubernetes API server accepts. From here to the transaction's end its key cannot be blocked and its
     * authority cannot be withdrawn.
     *
     * @throws Overtaken where one of the two happened since it was reserved
     * @throws IllegalStateException where the serial is not reserved
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public CertificateRecord record(Serial serial, byte[] der) {
        blockedKeys.issue(serial);
        Instant now = clock.instant();
        int updated = database.sql("UPDATE certificate SET state = 'issued', fingerprint = ?, certificate = ?,"
                        + " issued_at = ? WHERE serial = ? AND state = 'reserved' AND NOT EXISTS"
                        + " (SELECT 1 FROM blocked_key b WHERE b.public_key_hash = certificate.public_key_hash)"
                        + " AND (profile = ? OR EXISTS"
                        + " (SELECT 1 FROM authority a WHERE a.name = certificate.authority AND a.state = 'active'))")
                .param(Fingerprint.of(der).bytes())
                .param(der)
                .param(Timestamp.from(now))
                .param(serial.bytes())
                .param(NewCertificate.OCSP_RESPONDER)
                .update();
        if (updated != 1) {
            throw whyNotRecorded(serial);
        }
        CertificateRecord recorded = find(serial).orElseThrow();
        feed.issued(recorded, now);
        return recorded;
    }

    private RuntimeException whyNotRecorded(Serial serial) {
        return database.sql("SELECT EXISTS (SELECT 1 FROM blocked_key b WHERE b.public_key_hash = c.public_key_hash)"
                        + " FROM certificate c WHERE c.serial = ? AND c.state = 'reserved'")
                .param(serial.bytes())
                .query(Boolean.class)
                .optional()
                .<RuntimeException>map(Overtaken::new)
                .orElseGet(() -> new IllegalStateException("serial " + serial.hex() + " is not reserved"));
    }

    /** What was reserved must not be recorded any more: its key was blocked meanwhile, or its authority withdrawn. */
    public static final class Overtaken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final boolean keyIsBlocked;

        Overtaken(boolean keyIsBlocked) {
            super(keyIsBlocked ? "the key was blocked" : "the authority was withdrawn", null, false, false);
            this.keyIsBlocked = keyIsBlocked;
        }

        /** False where another authority issues now. */
        public boolean keyIsBlocked() {
            return keyIsBlocked;
        }
    }

    public Optional<CertificateRecord> find(Serial serial) {
        return database.sql("SELECT " + Rows.CERTIFICATE_COLUMNS + Rows.CERTIFICATES
                        + " WHERE c.serial = ? AND c.state = 'issued'")
                .param(serial.bytes())
                .query(Rows::certificate)
                .optional();
    }

    public Optional<CertificateRecord> find(Fingerprint id) {
        return database.sql("SELECT " + Rows.CERTIFICATE_COLUMNS + Rows.CERTIFICATES + " WHERE c.fingerprint = ?")
                .param(id.bytes())
                .query(Rows::certificate)
                .optional();
    }

    /** Other certificates for the same public key that have not expired and are not revoked for good. */
    public List<CertificateRecord> othersWithTheKeyOf(CertificateRecord certificate) {
        return database.sql("SELECT " + Rows.CERTIFICATE_COLUMNS + Rows.CERTIFICATES
                        + " WHERE c.public_key_hash = (SELECT public_key_hash FROM certificate WHERE serial = ?)"
                        + " AND c.serial <> ? AND c.state = 'issued' AND c.not_after >= ?"
                        + " AND (r.reason IS NULL OR r.reason = ?)")
                .param(certificate.serial().bytes())
                .param(certificate.serial().bytes())
                .param(Timestamp.from(clock.instant()))
                .param(RevocationReason.CERTIFICATE_HOLD.code())
                .query(Rows::certificate)
                .list();
    }

    /**
     * Certificates in the order of their issuance, newest first.
     *
     * @param after the serial that the previous page ended with; null for the first page
     * @param limit the most to return
     */
    public List<CertificateRecord> search(CertificateSearch search, @Nullable Serial after, int limit) {
        StringBuilder where = new StringBuilder(" WHERE c.state = 'issued'");
        List<@Nullable Object> parameters = new ArrayList<>();
        narrow(where, parameters, "c.cluster = ?", search.cluster());
        narrow(where, parameters, "c.node = ?", search.node());
        narrow(where, parameters, "c.operator = ?", search.operator());
        narrow(where, parameters, "c.profile = ?", search.profile());
        narrow(where, parameters, "encode(c.serial, 'hex') = ?", search.serial());
        if (search.profile() == null && search.serial() == null) {
            // Issued revoked: among what somebody revoked it would only alarm.
            narrow(where, parameters, "c.profile <> ?", ProfileName.ETCD_CANARY.label());
        }
        Instant expiresBefore = search.expiresBefore();
        narrow(where, parameters, "c.not_after < ?", expiresBefore == null ? null : Timestamp.from(expiresBefore));
        if (search.status() != null) {
            where.append(statusClause(search.status()));
            if (search.status().equals("good") || search.status().equals("expired")) {
                parameters.add(Timestamp.from(clock.instant()));
            }
        }
        narrow(
                where,
                parameters,
                "(c.reserved_at, c.serial) < (SELECT reserved_at, serial FROM certificate WHERE serial = ?)",
                after == null ? null : after.bytes());
        parameters.add(limit);
        return database.sql("SELECT " + Rows.CERTIFICATE_COLUMNS + Rows.CERTIFICATES + where
                        + " ORDER BY c.reserved_at DESC, c.serial DESC LIMIT ?")
                .params(parameters)
                .query(Rows::certificate)
                .list();
    }

    private static void narrow(
            StringBuilder where, List<@Nullable Object> parameters, String clause, @Nullable Object value) {
        if (value != null) {
            where.append(" AND ").append(clause);
            parameters.add(value);
        }
    }

    private static String statusClause(String status) {
        return switch (status) {
            case "good" -> " AND r.serial IS NULL AND c.not_after >= ?";
            case "expired" -> " AND r.serial IS NULL AND c.not_after < ?";
            case "revoked" -> " AND r.reason <> 6";
            case "held" -> " AND r.reason = 6";
            default ->
                throw new IllegalArgumentException(
                        "no status is called '" + status + "'; there are good, revoked, held, expired");
        };
    }

    /** Notes the first use of an identity; true where this call was the one that noted it. */
    @Transactional
    public boolean markFirstUse(Serial serial) {
        return database.sql("UPDATE certificate SET first_used_at = ? WHERE serial = ? AND first_used_at IS NULL")
                        .params(Timestamp.from(clock.instant()), serial.bytes())
                        .update()
                == 1;
    }

    /** Notes that a certificate was replaced and is shown no more. */
    @Transactional
    public void supersede(Fingerprint id) {
        database.sql("UPDATE certificate SET superseded_at = ? WHERE fingerprint = ? AND superseded_at IS NULL")
                .params(Timestamp.from(clock.instant()), id.bytes())
                .update();
    }

    /** Ends identities of a node that have expired, as if a newer one had been used. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void endExpired(String cluster, String node, String profile) {
        Timestamp now = Timestamp.from(clock.instant());
        database.sql("UPDATE certificate SET superseded_at = ? WHERE cluster = ? AND node = ? AND profile = ?"
                        + " AND superseded_at IS NULL AND not_after < ?")
                .params(now, cluster, node, profile, now)
                .update();
    }

    /** Ends every older identity of the same node: from now on only the one with this serial is taken. */
    @Transactional
    public void supersedeOthers(CertificateRecord newest) {
        database.sql("UPDATE certificate SET superseded_at = ? WHERE cluster = ? AND node = ? AND profile = ?"
                        + " AND serial <> ? AND superseded_at IS NULL AND reserved_at <="
                        + " (SELECT reserved_at FROM certificate WHERE serial = ?)")
                .param(Timestamp.from(clock.instant()))
                .param(newest.cluster())
                .param(newest.node())
                .param(newest.profile())
                .param(newest.serial().bytes())
                .param(newest.serial().bytes())
                .update();
    }
}
