package dev.certfleet.server.crl;

import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.installation.DataFolder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The newest CRLs, at hand on this server: small ones in memory, the others in files. Whoever asks gets them from there, with
 * the database away too. They are fetched from the database when there is a newer one, and never given up for an older.
 */
@Component
public class Crls {
    /** How long the file of a CRL stays after there is a newer one: somebody may be reading it. */
    public static final Duration GRACE = Duration.ofMinutes(5);

    /** A larger CRL is in a file, in octets. */
    private static final int SMALL = 64 * 1024;

    /** What all CRLs in memory take together; beyond it, small ones are in files too. */
    private static final long MEMORY = 32L * 1024 * 1024;

    /** For how long servers' clocks, and the making of a CRL, may lag behind. */
    private static final Duration OVERLAP = Duration.ofMinutes(5);

    private static final Duration ALL_AGAIN = Duration.ofMinutes(1);

    private final CrlStore store;
    private final Authorities authorities;
    private final PublishCrl publishCrl;
    private final Clock clock;
    private final Path folder;
    private final TransactionTemplate snapshot;
    private final Map<CrlId, PublishedCrl> atHand = new ConcurrentHashMap<>();
    private final AtomicLong inMemory = new AtomicLong();
    private final Deque<Superseded> superseded = new ArrayDeque<>();
    private Instant allReadAt = Instant.MIN;

    private record Superseded(Path file, Instant since) {}

    Crls(
            CrlStore store,
            Authorities authorities,
            PublishCrl publishCrl,
            DataFolder data,
            PlatformTransactionManager transactions,
            Clock clock) {
        this.store = store;
        this.authorities = authorities;
        this.publishCrl = publishCrl;
        this.clock = clock;
        this.folder = emptied(data.file("crl"));
        this.snapshot = new TransactionTemplate(transactions);
        this.snapshot.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
        this.snapshot.setReadOnly(true);
    }

    private static Path emptied(Path folder) {
        try {
            Files.createDirectories(folder);
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                for (Path file : files) {
                    Files.delete(file);
                }
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException("the folder for CRLs cannot be used", e);
        }
    }

    /**
     * The newest one, made now where there is none yet; empty where there is no such authority, or it has no such CRL. The
     * database is asked only where this server has none.
     */
    public Optional<PublishedCrl> newest(CrlId id) {
        PublishedCrl known = atHand.get(id);
        if (known != null) {
            return Optional.of(known);
        }
        return authorities
                .named(id.authority())
                .filter(authority -> PublishCrl.has(authority, id.part()))
                .map(authority -> {
                    publish(authority, id.part());
                    fetch(id);
                    return atHand.get(id);
                });
    }

    /** Publishes a CRL where one is due, and has it at hand. */
    public void publish(Authority authority, CrlPart part) {
        if (publishCrl.publish(authority, part)) {
            fetch(new CrlId(authority.name(), part));
        }
    }

    /**
     * Fetches what any server published lately; once a minute, everything is compared. One that cannot be fetched does not
     * keep the others away.
     */
    void fetchNews() {
        Instant now = clock.instant();
        boolean all = !now.isBefore(allReadAt.plus(ALL_AGAIN));
        UncheckedIOException failure = null;
        for (CrlStore.Row row : store.since(all ? Instant.EPOCH : now.minus(OVERLAP))) {
            PublishedCrl known = atHand.get(row.id());
            if (known == null || known.number() < row.number()) {
                try {
                    fetch(row.id());
                } catch (UncheckedIOException e) {
                    failure = e;
                }
            }
        }
        if (all) {
            allReadAt = now;
        }
        deleteSuperseded(now);
        if (failure != null) {
            throw failure;
        }
    }

    /** In one snapshot, so that the pieces belong together. */
    private synchronized void fetch(CrlId id) {
        snapshot.executeWithoutResult(status -> {
            Optional<CrlStore.Row> newest = store.find(id);
            PublishedCrl known = atHand.get(id);
            if (newest.isPresent()
                    && (known == null || known.number() < newest.get().number())) {
                try {
                    keep(id, load(newest.get()), known);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }

    private PublishedCrl load(CrlStore.Row row) throws IOException {
        if (row.size() <= SMALL && inMemory.get() + row.size() <= MEMORY) {
            ByteArrayOutputStream octets = new ByteArrayOutputStream((int) row.size());
            store.read(row, octets);
            return published(row, octets.toByteArray(), null);
        }
        Path file = folder.resolve(row.id().authority() + "." + row.id().part().label() + "." + row.number() + ".crl");
        Path temporary = Files.createTempFile(folder, "fetched", ".tmp");
        try (OutputStream out = Files.newOutputStream(temporary)) {
            store.read(row, out);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        return published(row, null, file);
    }

    private static PublishedCrl published(CrlStore.Row row, byte @Nullable [] octets, @Nullable Path file) {
        return new PublishedCrl(row.number(), row.thisUpdate(), row.nextUpdate(), row.size(), octets, file);
    }

    private void keep(CrlId id, PublishedCrl fetched, @Nullable PublishedCrl before) {
        atHand.put(id, fetched);
        inMemory.addAndGet(memoryOf(fetched) - (before == null ? 0 : memoryOf(before)));
        if (before != null && before.file() != null) {
            superseded.add(new Superseded(before.file(), clock.instant()));
        }
    }

    private static long memoryOf(PublishedCrl crl) {
        return crl.octets() == null ? 0 : crl.size();
    }

    private synchronized void deleteSuperseded(Instant now) {
        while (!superseded.isEmpty() && superseded.element().since().plus(GRACE).isBefore(now)) {
            try {
                Files.deleteIfExists(superseded.remove().file());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
