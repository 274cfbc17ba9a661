package dev.certfleet.server.ledger;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.KeyHash;
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
    private final BlockedKeys blockedKeys;
    private final StatusChanges statusChanges;
    private final Clock clock;
    private final ApplicationEventPublisher events;

    Revocations(
            JdbcClient database,
            Feed feed,
            BlockedKeys blockedKeys,
            StatusChanges statusChanges,
            Clock clock,
            ApplicationEventPublisher events) {
        this.database = database;
        this.feed = feed;
        this.blockedKeys = blockedKeys;
        this.statusChanges = statusChanges;
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
            end(certificate, inForce.get().id(), now, by);
        }
        UUID id = UUID.randomUUID();
        insert(id, certificate, reason, now, invalidityDate, comment, by);
        long sequence = feed.revoked(certificate.cluster(), certificate.serial(), reason, now);
        RevocationRecord made = find(id).orElseThrow();
        events.publishEvent(
                new RevocationChange(RevocationChange.Kind.REVOKED, made, certificate, sequence, asked, false));
        return new InForce(made, true);
    }

    /** Writes a revocation, or puts one back that was there; a compromised key is never certified again. */
    void insert(
            UUID id,
            CertificateRecord certificate,
            RevocationReason reason,
            Instant at,
            @Nullable Instant invalidityDate,
            @Nullable String comment,
            String by) {
        database.sql("INSERT INTO revocation (id, serial, authority, reason, revoked_at, invalidity_date, comment,"
                        + " revoked_by, not_after, change) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT (id) DO UPDATE SET released_at = NULL, released_by = NULL,"
                        + " released_change = NULL, change = excluded.change")
                .param(id)
                .param(certificate.serial().bytes())
                .param(certificate.authority())
                .param(reason.code())
                .param(Timestamp.from(at))
                .param(invalidityDate == null ? null : Timestamp.from(invalidityDate))
                .param(comment)
                .param(by)
                .param(Timestamp.from(certificate.notAfter()))
                .param(askForCrl(certificate))
                .update();
        if (reason == RevocationReason.KEY_COMPROMISE) {
            blockedKeys.compromised(KeyHash.ofCertificate(certificate.der()), comment, by);
        }
    }

    /**
     * Revokes a certificate in the transaction that records it. Its CRL lists it as any other; the feed does not tell of it,
     * and it has no receipt: nobody had access by it, so there is nothing that anybody has to end.
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void revokedFromBirth(CertificateRecord certificate, String by) {
        insert(
                UUID.randomUUID(),
                certificate,
                RevocationReason.UNSPECIFIED,
                clock.instant(),
                null,
                "issued revoked, to see it refused",
                by);
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
        if (hold.reason() != RevocationReason.CERTIFICATE_HOLD || !end(certificate, hold.id(), now, by)) {
            return false;
        }
        long sequence = feed.released(certificate.cluster(), certificate.serial(), now);
        events.publishEvent(new RevocationChange(
                RevocationChange.Kind.RELEASED, find(hold.id()).orElseThrow(), certificate, sequence, asked, false));
        return true;
    }

    /**
     * One revocation in a cluster at a time, until its transaction ends: some transactions revoke many certificates, and
     * two of them that locked row after row, each in its own order, would wait for each other. Whoever takes turns in
     * several clusters does so in the order of their names.
     *
     * @param cluster null for what belongs to none
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void takeTurns(@Nullable String cluster) {
        statusChanges.catchUpAfterCommit();
        database.sql("SELECT pg_advisory_xact_lock(hashtext(?))")
                .param("certfleet revocations of " + cluster)
                .query()
                .singleRow();
    }

    /** Takes a hold back; false where it is none in force. */
    boolean end(CertificateRecord certificate, UUID id, Instant at, String by) {
        return database.sql("UPDATE revocation SET released_at = ?, released_by = ?, released_change = ?"
                                + " WHERE id = ? AND reason = 6 AND released_at IS NULL")
                        .params(Timestamp.from(at), by, askForCrl(certificate), id)
                        .update()
                == 1;
    }

    /**
     * Counts a change of the authority's revocations, and tells which shard it is in.
     *
     * @return the count, which the revocation keeps: by it a delta CRL finds what a full one does not know
     */
    private long askForCrl(CertificateRecord certificate) {
        return database.sql("WITH counted AS (INSERT INTO crl_change (authority, changes) VALUES (:authority, 1)"
                        + " ON CONFLICT (authority) DO UPDATE SET changes = crl_change.changes + 1 RETURNING changes),"
                        + " told AS (INSERT INTO crl_shard_change (authority, shard, change)"
                        + " SELECT a.name, crl_shard(:serial, a.crl_shards), counted.changes FROM authority a, counted"
                        + " WHERE a.name = :authority AND a.crl_shards > 1"
                        + " ON CONFLICT (authority, shard) DO UPDATE SET change = excluded.change)"
                        + " SELECT changes FROM counted")
                .param("authority", certificate.authority())
                .param("serial", certificate.serial().bytes())
                .query(Long.class)
                .single();
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
     * Revocations, newest first; those of certificates that are issued revoked only where the certificate is named.
     *
     * @param after the id that the previous page ended with; null for the first page
     */
    public List<RevocationRecord> list(RevocationSearch search, @Nullable UUID after, int limit) {
        RevocationReason reason = search.reason();
        Fingerprint certificate = search.certificate();
        return database.sql("SELECT " + Rows.REVOCATION_COLUMNS + " FROM revocation r JOIN certificate c USING (serial)"
                        + " WHERE (:cluster::text IS NULL OR c.cluster = :cluster)"
                        + " AND (:certificate::bytea IS NULL OR c.fingerprint = :certificate)"
                        + " AND (:node::text IS NULL OR c.node = :node)"
                        + " AND (:reason::integer IS NULL OR r.reason = :reason)"
                        + " AND (:inForce::boolean IS NULL OR (r.released_at IS NULL) = :inForce)"
                        + " AND (:certificate::bytea IS NOT NULL OR c.profile <> :hidden)"
                        + " AND (:after::uuid IS NULL OR (r.revoked_at, r.id) <"
                        + " (SELECT revoked_at, id FROM revocation WHERE id = :after))"
                        + " ORDER BY r.revoked_at DESC, r.id DESC LIMIT :limit")
                .param("cluster", search.cluster())
                .param("certificate", certificate == null ? null : certificate.bytes())
                .param("node", search.node())
                .param("reason", reason == null ? null : reason.code())
                .param("inForce", search.inForce())
                .param("hidden", ProfileName.ETCD_CANARY.label())
                .param("after", after)
                .param("limit", limit)
                .query(Rows::revocation)
                .list();
    }
}
