package dev.certfleet.server.ocsp;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.issuance.IssueCertificate;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.NewCertificate;
import dev.certfleet.server.signing.OcspSigner;
import dev.certfleet.server.signing.SigningKey;
import dev.certfleet.server.signing.SigningKeys;
import dev.certfleet.server.x509.CertificateContents;
import dev.certfleet.server.x509.Serial;
import dev.certfleet.server.x509.Subject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.EmptyResultDataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Each authority's responder, shared by all servers through the database and renewed at half of its life. Its key is P-256
 * whatever the authority's is: it signs every answer, for a week at most.
 *
 * <p>When several servers find that a responder has to be renewed, all ask for the certificate that follows the same one;
 * that request has one name, so the ledger lets one of them have it, and the others take what that one stored.
 */
@Component
class Responders {
    private static final Logger LOG = LoggerFactory.getLogger(Responders.class);
    private static final String REQUESTER = "server";
    private static final int WAITS = 40;
    private static final int WAIT_MILLIS = 50;

    private final JdbcClient database;
    private final Authorities authorities;
    private final IssueCertificate issueCertificate;
    private final SigningKeys keys;
    private final Ledger ledger;
    private final Clock clock;
    private final Map<String, Responder> current = new ConcurrentHashMap<>();

    Responders(
            JdbcClient database,
            Authorities authorities,
            IssueCertificate issueCertificate,
            SigningKeys keys,
            Ledger ledger,
            Clock clock) {
        this.database = database;
        this.authorities = authorities;
        this.issueCertificate = issueCertificate;
        this.keys = keys;
        this.ledger = ledger;
        this.clock = clock;
    }

    /** The same from memory alone; null where the database has to be asked. */
    @Nullable
    Responder inMemory(String authority) {
        Responder known = current.get(authority);
        return known != null && !known.isSpent(clock.instant()) ? known : null;
    }

    /**
     * The responder of an authority that has not ended.
     *
     * @throws IllegalStateException where there is none and none could be made
     */
    Responder of(Authority authority) {
        Responder known = inMemory(authority.name());
        return known != null ? known : refresh(authority);
    }

    /** Takes over what other servers renewed, and renews what nobody did. */
    void refreshAll() {
        Instant now = clock.instant();
        RuntimeException failure = null;
        for (Authority authority : authorities.all()) {
            try {
                if (authority.canSign() && now.isBefore(authority.notAfter())) {
                    refresh(authority);
                }
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private synchronized Responder refresh(Authority authority) {
        // 1. What is stored
        Optional<Row> stored = stored(authority);

        // 2. Its successor, where it needs one
        if (stored.isEmpty() || needsSuccessor(stored.get(), authority)) {
            issueSuccessor(authority, stored.orElse(null));
            stored = waitForSuccessor(authority, stored.orElse(null));
        }

        // 3. What was stored now is what answers from here on
        Row row = stored.orElseThrow(() -> new IllegalStateException("no OCSP responder for " + authority.name()));
        Responder known = current.get(authority.name());
        if (known != null && known.serial().equals(row.serial())) {
            return known;
        }
        Responder opened = open(row);
        current.put(authority.name(), opened);
        if (known != null) {
            keys.destroy(known.key());
        }
        return opened;
    }

    private boolean needsSuccessor(Row row, Authority authority) {
        boolean canLiveLonger = row.notAfter().isBefore(authority.notAfter());
        return row.revoked() || (row.isAging(clock.instant()) && canLiveLonger);
    }

    /** Has the certificate issued, together with which its row is written and the key of the one before deleted. */
    private void issueSuccessor(Authority authority, @Nullable Row before) {
        SigningKey key = keys.create(KeyAlgorithm.P256);
        String request = authority.name() + "/"
                + (before == null ? "first" : before.serial().hex());
        try {
            issueCertificate.issue(
                    CertificateContents.ocspResponder(
                            new Subject("OCSP responder", List.of("certfleet")),
                            SubjectPublicKeyInfo.getInstance(key.publicKey().getEncoded()),
                            clock.instant(),
                            authority.notAfter(),
                            Responder.LIFETIME,
                            authority.urls()),
                    authority,
                    new IssueCertificate.Purpose(
                            NewCertificate.OCSP_RESPONDER, null, null, REQUESTER, request, sha256(request)),
                    certificate -> store(certificate, key.id(), before));
        } finally {
            destroyUnlessStored(authority, key.id());
        }
    }

    private void store(CertificateRecord certificate, UUID key, @Nullable Row before) {
        database.sql("INSERT INTO ocsp_responder (authority, serial, sealed_key, not_before, not_after)"
                        + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (authority) DO UPDATE SET serial = excluded.serial,"
                        + " sealed_key = excluded.sealed_key, not_before = excluded.not_before,"
                        + " not_after = excluded.not_after")
                .param(certificate.authority())
                .param(certificate.serial().bytes())
                .param(key)
                .param(Timestamp.from(certificate.notBefore()))
                .param(Timestamp.from(certificate.notAfter()))
                .update();
        if (before != null) {
            keys.destroy(before.key());
        }
        LOG.info(
                "OCSP responder {} of {} until {}",
                certificate.serial(),
                certificate.authority(),
                certificate.notAfter());
    }

    private void destroyUnlessStored(Authority authority, UUID key) {
        try {
            if (stored(authority).filter(row -> row.key().equals(key)).isEmpty()) {
                keys.destroy(key);
            }
        } catch (DataAccessException e) {
            LOG.warn("the unused key {} stays in the database", key, e);
        }
    }

    /** Another server may be signing it at this moment. */
    private Optional<Row> waitForSuccessor(Authority authority, @Nullable Row before) {
        for (int i = 0; i < WAITS; i++) {
            Optional<Row> stored = stored(authority);
            if (stored.isPresent() && (before == null || !stored.get().serial().equals(before.serial()))) {
                return stored;
            }
            try {
                Thread.sleep(WAIT_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return Optional.ofNullable(before).filter(row -> row.notAfter().isAfter(clock.instant()));
    }

    private Responder open(Row row) {
        try {
            CertificateRecord certificate = ledger.find(row.serial()).orElseThrow();
            return new Responder(
                    row.serial(),
                    row.key(),
                    row.notBefore(),
                    row.notAfter(),
                    new OcspSigner(keys.open(row.key()), certificate.der()));
        } catch (EmptyResultDataAccessException e) {
            throw new IllegalStateException("the responder was renewed at this moment", e);
        }
    }

    /** @param revoked somebody revoked the responder's certificate: its key is not to be used any more */
    private record Row(Serial serial, UUID key, Instant notBefore, Instant notAfter, boolean revoked) {
        boolean isAging(Instant now) {
            return Responder.isAging(notBefore, notAfter, now);
        }
    }

    private Optional<Row> stored(Authority authority) {
        return database.sql("SELECT o.serial, o.sealed_key, o.not_before, o.not_after, r.id IS NOT NULL AS revoked"
                        + " FROM ocsp_responder o LEFT JOIN revocation r ON r.serial = o.serial"
                        + " AND r.released_at IS NULL WHERE o.authority = ?")
                .param(authority.name())
                .query((row, number) -> new Row(
                        Serial.of(row.getBytes("serial")),
                        row.getObject("sealed_key", UUID.class),
                        row.getTimestamp("not_before").toInstant(),
                        row.getTimestamp("not_after").toInstant(),
                        row.getBoolean("revoked")))
                .optional();
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
