package dev.certfleet.server.crl;

import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.ledger.Revocations;
import dev.certfleet.server.recovery.DatabaseState;
import dev.certfleet.server.signing.CrlContents;
import dev.certfleet.server.signing.CrlSigner;
import dev.certfleet.server.x509.RevokedCertificate;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Publishes an authority's full CRL (RFC 5280 section 5) where one is due: by schedule, so that relying parties always hold
 * one with at least half of its life before it, and after each change, changes that come together being joined. Of all
 * servers, one at a time makes the CRL of an authority; who wants to revoke waits for none of them.
 */
@Component
public class PublishCrl {
    /** From thisUpdate to nextUpdate. */
    public static final Duration VALIDITY = Duration.ofHours(24);

    /** From one scheduled CRL to the next. */
    public static final Duration SCHEDULE = VALIDITY.dividedBy(2);

    private static final Logger LOG = LoggerFactory.getLogger(PublishCrl.class);

    /** The first of the two numbers that name an advisory lock in PostgreSQL; the second is made of the authority's name. */
    private static final int LOCKS = 0x43524c;

    private final JdbcClient database;
    private final Authorities authorities;
    private final Revocations revocations;
    private final DatabaseState databaseState;
    private final Clock clock;

    PublishCrl(
            JdbcClient database,
            Authorities authorities,
            Revocations revocations,
            DatabaseState databaseState,
            Clock clock) {
        this.database = database;
        this.authorities = authorities;
        this.revocations = revocations;
        this.databaseState = databaseState;
        this.clock = clock;
    }

    /** Why a CRL is made. */
    private enum Due {
        SCHEDULED,
        CHANGED
    }

    /**
     * What is published, and what happened since.
     *
     * @param number 0 where nothing is published
     * @param scheduledAt null where nothing is published
     * @param covers the changes that are in it
     * @param changes the changes until now
     */
    private record State(long number, @Nullable Instant scheduledAt, long covers, long changes) {
        Optional<Due> due(Instant now) {
            if (scheduledAt == null || !now.isBefore(scheduledAt.plus(SCHEDULE))) {
                return Optional.of(Due.SCHEDULED);
            }
            return changes > covers ? Optional.of(Due.CHANGED) : Optional.empty();
        }
    }

    /** Names of the authorities whose CRL is due; those that ended are left as they are. */
    @Transactional(readOnly = true)
    public List<String> due() {
        Instant now = clock.instant();
        return database.sql("SELECT a.name FROM authority a LEFT JOIN crl ON crl.authority = a.name"
                        + " LEFT JOIN crl_change c ON c.authority = a.name WHERE a.not_after > ?"
                        + " AND (crl.authority IS NULL OR crl.scheduled_at <= ? OR c.changes > crl.covers)"
                        + " ORDER BY a.name")
                .params(Timestamp.from(now), Timestamp.from(now.minus(SCHEDULE)))
                .query(String.class)
                .list();
    }

    /** Publishes a CRL if one is due, after whoever else is at it; none while the database lacks revocations. */
    @Transactional
    public void publish(Authority authority) {
        if (databaseState.isBehind()) {
            return;
        }

        // 1. One at a time; the lock is released with the transaction
        database.sql("SELECT pg_advisory_xact_lock(?, hashtext(?))")
                .params(LOCKS, authority.name())
                .query()
                .singleRow();

        // 2. Whether it is due still; the count of changes is read before the changes are
        State state = state(authority);
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        Optional<Due> due = state.due(now);
        if (due.isEmpty()) {
            return;
        }

        // 3. What it says: a certificate that ended is listed in one more scheduled CRL (section 3.3)
        Instant scheduledAt = state.scheduledAt();
        List<RevokedCertificate> entries =
                revocations.ofAuthority(authority.name(), scheduledAt == null ? now : scheduledAt);
        CrlContents contents = new CrlContents(state.number() + 1, now, now.plus(VALIDITY), entries);

        // 4. Sign
        byte[] der = new CrlSigner(authorities.signingKey(authority), authority.certificate()).sign(contents);

        // 5. Publish
        boolean scheduled = due.get() == Due.SCHEDULED;
        store(authority, contents, scheduled || scheduledAt == null ? now : scheduledAt, state.changes(), der);
        LOG.debug("CRL {} of {}: {} entries, {}", contents.number(), authority.name(), entries.size(), due.get());
    }

    private State state(Authority authority) {
        return database.sql("SELECT coalesce(crl.number, 0) AS number, crl.scheduled_at,"
                        + " coalesce(crl.covers, 0) AS covers, coalesce(c.changes, 0) AS changes"
                        + " FROM (VALUES (?)) a (name) LEFT JOIN crl ON crl.authority = a.name"
                        + " LEFT JOIN crl_change c ON c.authority = a.name")
                .param(authority.name())
                .query((row, number) -> {
                    Timestamp scheduledAt = row.getTimestamp("scheduled_at");
                    return new State(
                            row.getLong("number"),
                            scheduledAt == null ? null : scheduledAt.toInstant(),
                            row.getLong("covers"),
                            row.getLong("changes"));
                })
                .single();
    }

    private void store(Authority authority, CrlContents contents, Instant scheduledAt, long covers, byte[] der) {
        int stored = database.sql("INSERT INTO crl (authority, number, this_update, next_update, scheduled_at, covers,"
                        + " der) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (authority) DO UPDATE SET"
                        + " number = excluded.number, this_update = excluded.this_update,"
                        + " next_update = excluded.next_update, scheduled_at = excluded.scheduled_at,"
                        + " covers = excluded.covers, der = excluded.der WHERE crl.number < excluded.number")
                .param(authority.name())
                .param(contents.number())
                .param(Timestamp.from(contents.thisUpdate()))
                .param(Timestamp.from(contents.nextUpdate()))
                .param(Timestamp.from(scheduledAt))
                .param(covers)
                .param(der)
                .update();
        if (stored != 1) {
            throw new IllegalStateException("CRL " + contents.number() + " of " + authority.name() + " came too late");
        }
    }
}
