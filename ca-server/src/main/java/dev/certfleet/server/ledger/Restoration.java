package dev.certfleet.server.ledger;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.x509.Serial;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Compares revocations known from elsewhere with the database, and puts back those that it lost. */
@Component
public class Restoration {
    private final JdbcClient database;
    private final Revocations revocations;
    private final Ledger ledger;
    private final Feed feed;
    private final ApplicationEventPublisher events;
    private final Clock clock;

    Restoration(
            JdbcClient database,
            Revocations revocations,
            Ledger ledger,
            Feed feed,
            ApplicationEventPublisher events,
            Clock clock) {
        this.database = database;
        this.revocations = revocations;
        this.ledger = ledger;
        this.feed = feed;
        this.events = events;
        this.clock = clock;
    }

    /**
     * A revocation that was in force.
     *
     * @param revocation as it was
     * @param certificate what it revoked, as it was on record
     */
    public record Known(RevocationRecord revocation, CertificateRecord certificate) {}

    /** What became of a revocation that was in force. */
    public enum Found {
        /** The certificate is revoked, by this revocation or another that weighs as much; or the hold was taken back. */
        IN_FORCE,
        /** The certificate is on record, and as good as if it had never been revoked. */
        REVOCATION_LOST,
        /** The certificate is not on record either. */
        CERTIFICATE_LOST,
        /** The authority that signed it is not on record: nothing can be said of its certificates. */
        AUTHORITY_LOST
    }

    /** Of each, by its revocation's id, what the database has of it at this moment. */
    public Map<UUID, Found> compare(List<Known> all) {
        Map<UUID, Integer> reasons = new HashMap<>();
        all.forEach(known ->
                reasons.put(known.revocation().id(), known.revocation().reason().code()));
        Map<UUID, Found> found = new HashMap<>();
        database.sql("SELECT w.id, r.id IS NOT NULL AS there, r.released_at IS NOT NULL AS released, f.reason,"
                        + " c.state AS certificate, a.name AS authority, j.revocation IS NOT NULL AS taken_back"
                        + " FROM unnest(?::uuid[], ?::text[], ?::text[]) AS w (id, serial, authority)"
                        + " LEFT JOIN revocation r ON r.id = w.id"
                        + " LEFT JOIN certificate c ON c.serial = decode(w.serial, 'hex')"
                        + " LEFT JOIN revocation f ON f.serial = decode(w.serial, 'hex') AND f.released_at IS NULL"
                        + " LEFT JOIN authority a ON a.name = w.authority"
                        + " LEFT JOIN journalled j ON j.revocation = w.id AND j.kind = 'released'")
                .param(texts(all, known -> known.revocation().id().toString()))
                .param(texts(all, known -> known.certificate().serial().hex()))
                .param(texts(all, known -> known.certificate().authority()))
                .query(row -> {
                    UUID id = row.getObject("id", UUID.class);
                    found.put(id, found(row, reasons.getOrDefault(id, 0)));
                });
        return found;
    }

    private static Found found(ResultSet row, int reason) throws SQLException {
        int inForce = row.getInt("reason");
        boolean isRevoked = !row.wasNull();
        boolean onlyHeld = isRevoked && inForce == RevocationReason.CERTIFICATE_HOLD.code();
        boolean weighsAsMuch = isRevoked && (!onlyHeld || reason == RevocationReason.CERTIFICATE_HOLD.code());
        boolean takenBack = row.getBoolean("there") && row.getBoolean("released") && row.getBoolean("taken_back");
        if (weighsAsMuch || takenBack) {
            return Found.IN_FORCE;
        }
        if (row.getString("authority") == null) {
            return Found.AUTHORITY_LOST;
        }
        return "issued".equals(row.getString("certificate")) ? Found.REVOCATION_LOST : Found.CERTIFICATE_LOST;
    }

    private interface TextOf {
        String of(Known known);
    }

    private static String[] texts(List<Known> all, TextOf text) {
        return all.stream().map(text::of).toArray(String[]::new);
    }

    /**
     * Puts a lost revocation back into force, under its own id, and its certificate where that is lost too, in the caller's
     * transaction. Feed and CRL hear of it as of any other.
     *
     * @param by the server whose journal has it
     * @return false where there was nothing to do after all
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public boolean putBack(Known known, UUID by) {
        CertificateRecord certificate = known.certificate();
        revocations.takeTurns(certificate.cluster());
        Found found = compare(List.of(known)).getOrDefault(known.revocation().id(), Found.AUTHORITY_LOST);
        if (found == Found.IN_FORCE || found == Found.AUTHORITY_LOST) {
            return false;
        }
        Instant now = clock.instant();
        if (found == Found.CERTIFICATE_LOST) {
            recordAgain(certificate, now);
        }
        revocations
                .inForce(certificate.serial())
                .ifPresent(hold -> revocations.end(
                        certificate, hold.id(), now, known.revocation().revokedBy()));
        RevocationRecord lost = known.revocation();
        revocations.insert(
                lost.id(),
                certificate,
                lost.reason(),
                lost.revokedAt(),
                lost.invalidityDate(),
                lost.comment(),
                lost.revokedBy());
        journalledBy(known.revocation().id(), by);
        long sequence = feed.revoked(
                certificate.cluster(),
                certificate.serial(),
                known.revocation().reason(),
                known.revocation().revokedAt());
        events.publishEvent(new RevocationChange(
                RevocationChange.Kind.REVOKED,
                known.revocation(),
                ledger.find(certificate.serial()).orElseThrow(),
                sequence,
                now,
                true));
        return true;
    }

    private void journalledBy(UUID revocation, UUID replica) {
        database.sql("UPDATE journalled SET replica = ? WHERE revocation = ? AND kind = 'revoked'")
                .params(replica, revocation)
                .update();
    }

    /** As it was recorded when it was issued; who asked for it, and how, is lost. */
    private void recordAgain(CertificateRecord certificate, Instant now) {
        X509Certificate parsed = parse(certificate.der());
        Serial serial = certificate.serial();
        NewCertificate row = new NewCertificate(
                serial,
                certificate.authority(),
                certificate.cluster(),
                certificate.profile(),
                certificate.node(),
                certificate.operator(),
                certificate.subject(),
                certificate.dnsNames(),
                certificate.addresses(),
                sha256(parsed.getPublicKey().getEncoded()),
                certificate.notBefore(),
                certificate.notAfter(),
                contents(parsed),
                "journal",
                serial.hex(),
                sha256(certificate.der()));
        ReservedRow.insert(database, row, "(serial)", certificate.issuedAt());
        ReservedRow.issue(database, serial, certificate.der(), certificate.issuedAt());
        feed.issued(certificate, now);
    }

    private static X509Certificate parse(byte[] der) {
        try {
            return Certificates.parse(der);
        } catch (CertificateException e) {
            throw new IllegalArgumentException("what is to be put back is no certificate", e);
        }
    }

    private static byte[] contents(X509Certificate certificate) {
        try {
            return certificate.getTBSCertificate();
        } catch (CertificateException e) {
            throw new IllegalArgumentException("a certificate without contents", e);
        }
    }

    private static byte[] sha256(byte[] octets) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(octets);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The revocations, and ends of revocations, of before a time that no server has journalled; oldest first. */
    public List<RevocationChange> notJournalled(Instant before, int limit) {
        return notJournalled(null, before, limit);
    }

    /** The same of one revocation. */
    public List<RevocationChange> notJournalled(UUID revocation) {
        return notJournalled(revocation, Instant.parse("9999-12-31T00:00:00Z"), 2);
    }

    private List<RevocationChange> notJournalled(@Nullable UUID revocation, Instant before, int limit) {
        record Due(UUID id, RevocationChange.Kind kind, Serial serial, long sequence) {}
        List<Due> due = database.sql("SELECT j.revocation, j.kind, r.serial, coalesce((SELECT max(f.sequence)"
                        + " FROM feed_entry f WHERE f.cluster = c.cluster AND f.serial = r.serial"
                        + " AND f.kind = j.kind), 0) AS sequence FROM journalled j"
                        + " JOIN revocation r ON r.id = j.revocation JOIN certificate c ON c.serial = r.serial"
                        + " WHERE j.replica IS NULL AND (?::uuid IS NULL OR j.revocation = ?)"
                        + " AND greatest(r.revoked_at, r.released_at) < ? ORDER BY r.revoked_at, j.kind LIMIT ?")
                .param(revocation)
                .param(revocation)
                .param(Timestamp.from(before))
                .param(limit)
                .query((row, number) -> new Due(
                        row.getObject("revocation", UUID.class),
                        row.getString("kind").equals("revoked")
                                ? RevocationChange.Kind.REVOKED
                                : RevocationChange.Kind.RELEASED,
                        Serial.of(row.getBytes("serial")),
                        row.getLong("sequence")))
                .list();
        return due.stream()
                .map(one -> new RevocationChange(
                        one.kind(),
                        revocations.find(one.id()).orElseThrow(),
                        ledger.find(one.serial()).orElseThrow(),
                        one.sequence(),
                        clock.instant(),
                        false))
                .toList();
    }

    /** Notes that a server's journal has these. */
    @Transactional
    public void journalled(List<RevocationChange> changes, UUID replica) {
        database.sql("UPDATE journalled j SET replica = ? FROM unnest(?::uuid[], ?::text[]) AS w (id, kind)"
                        + " WHERE j.revocation = w.id AND j.kind = w.kind AND j.replica IS NULL")
                .param(replica)
                .param(changes.stream()
                        .map(change -> change.revocation().id().toString())
                        .toArray(String[]::new))
                .param(changes.stream().map(change -> change.kind().label()).toArray(String[]::new))
                .update();
    }
}
