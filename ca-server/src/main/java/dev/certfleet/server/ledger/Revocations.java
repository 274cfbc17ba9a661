package dev.certfleet.server.ledger;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.RevokedCertificate;
import dev.certfleet.server.x509.Serial;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** The ledger's revocations. Each change asks for a new CRL of the authority and is told to the cluster's feed. */
@Component
public class Revocations {
    private final JdbcClient database;
    private final Feed feed;
    private final Clock clock;
    private final ApplicationEventPublisher events;

    Revocations(JdbcClient database, Feed feed, Clock clock, ApplicationEventPublisher events) {
        this.database = database;
        this.feed = feed;
        this.clock = clock;
        this.events = events;
    }

    /**
     * Revokes in the caller's transaction. A certificate that is revoked already stays as it is, with one exception: one on
     * hold can be revoked for good (RFC 5280 section 5.3.1).
     *
     * @return the revocation in force, and whether this call made it
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public InForce revoke(
            CertificateRecord certificate,
            RevocationReason reason,
            @Nullable Instant invalidityDate,
            @Nullable String comment,
            String by) {
        Instant asked = clock.instant();
        takeTurns(certificate.cluster());
        Instant now = clock.instant();
        Optional<RevocationRecord> inForce = inForce(certificate.serial());
        if (inForce.isPresent()) {
            if (inForce.get().reason() != RevocationReason.CERTIFICATE_HOLD
                    || reason == RevocationReason.CERTIFICATE_HOLD) {
                return new InForce(inForce.get(), false);
            }
            end(inForce.get().id(), now, by);
        }
        UUID id = UUID.randomUUID();
        database.sql("INSERT INTO revocation (id, serial, authority, reason, revoked_at, invalidity_date, comment,"
                        + " revoked_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .param(id)
                .param(certificate.serial().bytes())
                .param(certificate.authority())
                .param(reason.code())
                .param(Timestamp.from(now))
                .param(invalidityDate == null ? null : Timestamp.from(invalidityDate))
                .param(comment)
                .param(by)
                .update();
        askForCrl(certificate.authority());
        long sequence = feed.revoked(certificate.cluster(), certificate.serial(), reason, now);
        RevocationRecord made = find(id).orElseThrow();
        events.publishEvent(
                new RevocationChange(RevocationChange.Kind.REVOKED, made, certificate, sequence, asked, false));
        return new InForce(made, true);
    }

    /**
     * A revocation in force.
     *
     * @param revocation the revocation
     * @param made whether the call that returned this made it
     */
    public record InForce(RevocationRecord revocation, boolean made) {}

    /**
     * Takes a certificateHold back, in the caller's transaction.
     *
     * @return false where the revocation is not a hold in force
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public boolean release(CertificateRecord certificate, RevocationRecord hold, String by) {
        Instant asked = clock.instant();
        takeTurns(certificate.cluster());
        Instant now = clock.instant();
        if (hold.reason() != RevocationReason.CERTIFICATE_HOLD || !end(hold.id(), now, by)) {
            return false;
        }
        askForCrl(certificate.authority());
        long sequence = feed.released(certificate.cluster(), certificate.serial(), now);
        events.publishEvent(new RevocationChange(
                RevocationChange.Kind.RELEASED, find(hold.id()).orElseThrow(), certificate, sequence, asked, false));
        return true;
    }

    /**
     * One revocation in a cluster at a time, until its transaction ends: some transactions revoke many certificates, and
     * two of them that locked row after row, each in its own order, would wait for each other.
     */
    void takeTurns(@Nullable String cluster) {
        database.sql("SELECT pg_advisory_xact_lock(hashtext(?))")
                .param("certfleet revocations of " + cluster)
                .query()
                .singleRow();
    }

    boolean end(UUID id, Instant at, String by) {
        return database.sql("UPDATE revocation SET released_at = ?, released_by = ?"
                                + " WHERE id = ? AND reason = 6 AND released_at IS NULL")
                        .params(Timestamp.from(at), by, id)
                        .update()
                == 1;
    }

    void askForCrl(String authority) {
        database.sql("INSERT INTO crl_change (authority, changes) VALUES (?, 1)"
                        + " ON CONFLICT (authority) DO UPDATE SET changes = crl_change.changes + 1")
                .param(authority)
                .update();
    }

    public Optional<RevocationRecord> find(UUID id) {
        return one(" WHERE r.id = ?", id);
    }

    public Optional<RevocationRecord> inForce(Serial serial) {
        return one(" WHERE r.serial = ? AND r.released_at IS NULL", serial.bytes());
    }

    private Optional<RevocationRecord> one(String where, Object parameter) {
        return database.sql("SELECT " + Rows.REVOCATION_COLUMNS + " FROM revocation r JOIN certificate c USING (serial)"
                        + where)
                .param(parameter)
                .query(Rows::revocation)
                .optional();
    }

    /**
     * Revocations, newest first.
     *
     * @param cluster null for all
     * @param certificate null for all
     * @param after the id that the previous page ended with; null for the first page
     */
    public List<RevocationRecord> list(
            @Nullable String cluster, @Nullable Fingerprint certificate, @Nullable UUID after, int limit) {
        return database.sql("SELECT " + Rows.REVOCATION_COLUMNS + " FROM revocation r JOIN certificate c USING (serial)"
                        + " WHERE (:cluster::text IS NULL OR c.cluster = :cluster)"
                        + " AND (:certificate::bytea IS NULL OR c.fingerprint = :certificate)"
                        + " AND (:after::uuid IS NULL OR (r.revoked_at, r.id) <"
                        + " (SELECT revoked_at, id FROM revocation WHERE id = :after))"
                        + " ORDER BY r.revoked_at DESC, r.id DESC LIMIT :limit")
                .param("cluster", cluster)
                .param("certificate", certificate == null ? null : certificate.bytes())
                .param("after", after)
                .param("limit", limit)
                .query(Rows::revocation)
                .list();
    }

    /** What an authority's CRL lists at a time: revoked certificates that had not expired then, by serial. */
    public List<RevokedCertificate> ofAuthority(String authority, Instant notExpiredAt) {
        return database.sql("SELECT r.serial, r.revoked_at, r.reason, r.invalidity_date FROM revocation r"
                        + " JOIN certificate c USING (serial)"
                        + " WHERE r.authority = ? AND r.released_at IS NULL AND c.not_after >= ? ORDER BY r.serial")
                .params(authority, Timestamp.from(notExpiredAt))
                .query((row, number) -> new RevokedCertificate(
                        Serial.of(row.getBytes("serial")),
                        row.getTimestamp("revoked_at").toInstant(),
                        RevocationReason.ofCode(row.getInt("reason")),
                        Rows.instant(row, "invalidity_date")))
                .list();
    }
}
