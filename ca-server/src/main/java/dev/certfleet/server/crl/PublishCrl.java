package dev.certfleet.server.crl;

import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.installation.DataFolder;
import dev.certfleet.server.ledger.RevokedRows;
import dev.certfleet.server.recovery.DatabaseState;
import dev.certfleet.server.signing.CrlContents;
import dev.certfleet.server.signing.CrlEntryWriter;
import dev.certfleet.server.signing.CrlScope;
import dev.certfleet.server.signing.CrlSigner;
import dev.certfleet.server.signing.SignedCrl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Publishes a CRL (RFC 5280 section 5) where one is due: by schedule, so that relying parties always hold one with at least
 * half of its life before it, and after changes, those that come together being joined. Of all servers, one at a time makes
 * a CRL; who wants to revoke waits for none of them. It is streamed from the database, and back while it is still read, and
 * signed; what is stored becomes the newest one with the transaction's commit.
 */
@Component
public class PublishCrl {
    /** From thisUpdate to nextUpdate. */
    public static final Duration VALIDITY = Duration.ofHours(24);

    /** From one scheduled CRL to the next. */
    public static final Duration SCHEDULE = VALIDITY.dividedBy(2);

    private static final Logger LOG = LoggerFactory.getLogger(PublishCrl.class);

    /** The first of the two numbers that name an advisory lock in PostgreSQL; the second is made of the CRL's name. */
    private static final int LOCKS = 0x43524c;

    private static final byte[] NO_EXTENSION = new byte[0];

    private final JdbcClient database;
    private final CrlStore store;
    private final Authorities authorities;
    private final RevokedRows revoked;
    private final DataFolder folder;
    private final DatabaseState databaseState;
    private final Clock clock;

    PublishCrl(
            JdbcClient database,
            CrlStore store,
            Authorities authorities,
            RevokedRows revoked,
            DataFolder folder,
            DatabaseState databaseState,
            Clock clock) {
        this.database = database;
        this.store = store;
        this.authorities = authorities;
        this.revoked = revoked;
        this.folder = folder;
        this.databaseState = databaseState;
        this.clock = clock;
    }

    /** Why a CRL is made. */
    private enum Due {
        NOT,
        SCHEDULED,
        CHANGED
    }

    /** Whether an authority has such a CRL. */
    public static boolean has(Authority authority, CrlPart part) {
        return switch (part.kind()) {
            case FULL, DELTA -> true;
            case SHARD ->
                authority.urls().crlShards() > 1
                        && part.shard() < authority.urls().crlShards();
            case INDIRECT -> authority.cluster() != null;
        };
    }

    /**
     * Publishes a CRL if one is due, after whoever else is at it; none while the database lacks revocations. A delta needs its base: that one is published first.
     *
     * @return whether it was made here
     */
    @Transactional
    public boolean publish(Authority authority, CrlPart part) {
        if (databaseState.isBehind()) {
            return false;
        }
        CrlId id = new CrlId(authority.name(), part);

        // 1. One at a time; the lock is released with the transaction. A CRL that a crash loses is made again
        database.sql("SELECT pg_advisory_xact_lock(?, hashtext(?)), set_config('synchronous_commit', 'off', true)")
                .params(LOCKS, id.toString())
                .query()
                .singleRow();

        // 2. Whether it is due still; the count of changes is read before the changes are
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        Optional<CrlStore.Row> previous = store.find(id);
        Optional<CrlStore.Row> sibling = sibling(authority, part);
        long changes = changes(authority, part);
        Due due = due(authority, part, previous, sibling, changes, now);
        if (due == Due.NOT) {
            return false;
        }

        // 3. What it says
        CrlStore.Row plan = plan(id, previous, sibling, changes, due, now);
        CrlContents contents =
                new CrlContents(plan.number(), plan.thisUpdate(), plan.nextUpdate(), scope(authority, plan));
        try (StoringPieces pieces = store.storing(id, plan.number());
                SpillingBuffer entries = new SpillingBuffer(folder.file("crl"), pieces)) {
            writeEntries(authority, plan, entries);

            // 4. Sign
            SignedCrl signed =
                    new CrlSigner(authorities.signingKey(authority), authority.certificate()).sign(contents, entries);

            // 5. Publish
            if (entries.isSpilled()) {
                pieces.finish(signed.head(), signed.behind(entries.rest()));
            } else {
                store.putWhole(id, plan.number(), signed.toByteArray());
            }
            long taken = Duration.between(now, clock.instant()).toMillis();
            store.put(finished(plan, taken, signed.length()));
            LOG.debug("CRL {} of {}: {} octets, {}, {} ms", plan.number(), id, signed.length(), due, taken);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException("the CRL of " + id + " cannot be made", e);
        }
    }

    /** The full CRL for a delta, the delta for a full one: they share their numbers (section 5.2.3). */
    private Optional<CrlStore.Row> sibling(Authority authority, CrlPart part) {
        return switch (part.kind()) {
            case FULL -> store.find(new CrlId(authority.name(), CrlPart.DELTA));
            case DELTA -> {
                CrlId full = new CrlId(authority.name(), CrlPart.FULL);
                if (store.find(full).isEmpty()) {
                    publish(authority, CrlPart.FULL);
                }
                yield store.find(full);
            }
            case SHARD, INDIRECT -> Optional.empty();
        };
    }

    private long changes(Authority authority, CrlPart part) {
        return switch (part.kind()) {
            case FULL, DELTA, SHARD -> store.changes(authority.name());
            case INDIRECT ->
                store.changesOfKind(
                        String.valueOf(authority.cluster()), authority.kind().label());
        };
    }

    private Due due(
            Authority authority,
            CrlPart part,
            Optional<CrlStore.Row> previous,
            Optional<CrlStore.Row> sibling,
            long changes,
            Instant now) {
        if (previous.isEmpty() || !now.isBefore(previous.get().scheduledAt().plus(SCHEDULE))) {
            return Due.SCHEDULED;
        }
        CrlStore.Row published = previous.get();
        boolean changed = switch (part.kind()) {
            case FULL, INDIRECT -> changes > published.covers();
            case DELTA -> changes > published.covers() || sibling.orElseThrow().baseNumber() != published.baseNumber();
            case SHARD -> store.lastChange(authority.name(), part.shard()) > published.covers();
        };
        return changed ? Due.CHANGED : Due.NOT;
    }

    /**
     * A certificate that ended is listed in one more scheduled CRL (section 3.3), and in all until the next one, so that
     * base and delta together always say what the full CRL says.
     */
    private static CrlStore.Row plan(
            CrlId id,
            Optional<CrlStore.Row> previous,
            Optional<CrlStore.Row> sibling,
            long changes,
            Due due,
            Instant now) {
        boolean delta = id.part().kind() == CrlPart.Kind.DELTA;
        boolean scheduled = due == Due.SCHEDULED;
        long number = number(
                delta,
                previous.map(CrlStore.Row::number).orElse(0L),
                sibling.map(CrlStore.Row::number).orElse(0L),
                now);
        Optional<CrlStore.Row> kept = delta ? sibling : previous.filter(row -> !scheduled);
        Instant listsFrom = kept.map(CrlStore.Row::listsFrom)
                .orElseGet(() -> previous.map(CrlStore.Row::scheduledAt).orElse(now));
        return new CrlStore.Row(
                id,
                number,
                now,
                now.plus(VALIDITY),
                scheduled ? now : previous.orElseThrow().scheduledAt(),
                listsFrom,
                changes,
                kept.map(CrlStore.Row::baseNumber).orElse(number),
                kept.map(CrlStore.Row::baseCovers).orElse(changes),
                0,
                0);
    }

    /**
     * Twice the milliseconds since 1970, so that numbers rise too where an older database was restored; one more for a delta,
     * so that no full CRL and delta that differ ever have the same number (section 5.2.4).
     */
    static long number(boolean delta, long previous, long sibling, Instant now) {
        long odd = delta ? 1 : 0;
        long byTime = 2 * now.toEpochMilli() + odd;
        long bySibling = sibling == 0 ? 0 : sibling + 1;
        return Math.max(byTime, Math.max(previous == 0 ? 0 : previous + 2, bySibling));
    }

    private static CrlStore.Row finished(CrlStore.Row plan, long madeInMillis, long size) {
        return new CrlStore.Row(
                plan.id(),
                plan.number(),
                plan.thisUpdate(),
                plan.nextUpdate(),
                plan.scheduledAt(),
                plan.listsFrom(),
                plan.covers(),
                plan.baseNumber(),
                plan.baseCovers(),
                madeInMillis,
                size);
    }

    private static CrlScope scope(Authority authority, CrlStore.Row plan) {
        CrlPart part = plan.id().part();
        return switch (part.kind()) {
            case FULL -> new CrlScope.Full(authority.urls().deltaCrl());
            case DELTA -> new CrlScope.Delta(plan.baseNumber());
            case SHARD -> new CrlScope.Shard(authority.urls().shardCrl(part.shard()));
            case INDIRECT -> new CrlScope.Indirect();
        };
    }

    private void writeEntries(Authority authority, CrlStore.Row plan, SpillingBuffer entries) throws IOException {
        CrlEntryWriter writer = new CrlEntryWriter(entries);
        RevokedRows.Reader reader =
                row -> writer.write(row.serial(), row.revokedAt(), row.reason(), row.invalidityDate(), NO_EXTENSION);
        String name = authority.name();
        Instant listsFrom = plan.listsFrom();
        switch (plan.id().part().kind()) {
            case FULL -> revoked.all(name, listsFrom, reader);
            case DELTA -> revoked.changedSince(name, plan.baseCovers(), listsFrom, reader);
            case SHARD ->
                revoked.ofShard(name, plan.id().part().shard(), authority.urls().crlShards(), listsFrom, reader);
            case INDIRECT -> {
                revoked.all(name, listsFrom, reader);
                for (Authority other : others(authority, plan.thisUpdate())) {
                    revoked.all(other.name(), listsFrom, new FirstNamesIssuer(writer, other));
                }
            }
        }
        writer.flush();
    }

    /** The other generations that are trusted still. */
    private List<Authority> others(Authority authority, Instant now) {
        return authorities.ofCluster(String.valueOf(authority.cluster())).stream()
                .filter(other -> other.kind() == authority.kind())
                .filter(other -> other.generation() != authority.generation())
                .filter(other -> other.notAfter().isAfter(now))
                .sorted(Comparator.comparingInt(Authority::generation))
                .toList();
    }

    /** An entry that names no issuer is of the one before it (section 5.3.3). */
    private static final class FirstNamesIssuer implements RevokedRows.Reader {
        private final CrlEntryWriter writer;
        private byte[] issuer;

        FirstNamesIssuer(CrlEntryWriter writer, Authority of) {
            this.writer = writer;
            this.issuer = CrlEntryWriter.certificateIssuer(of.certificate());
        }

        @Override
        public void read(dev.certfleet.server.ledger.RevokedRow row) throws IOException {
            writer.write(row.serial(), row.revokedAt(), row.reason(), row.invalidityDate(), issuer);
            issuer = NO_EXTENSION;
        }
    }
}
