package dev.certfleet.server.recovery;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.ledger.Restoration;
import dev.certfleet.server.ledger.Restoration.Found;
import dev.certfleet.server.replica.ThisReplica;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What the database lacks, and putting it back: by each server from its own journal, at an operator's word. */
@Component
public class Recovery {
    /** How many lost revocations are told one by one. */
    public static final int TOLD = 1000;

    private static final int TOGETHER = 200;

    private final Incidents incidents;
    private final DatabaseState state;
    private final JournalCheck check;
    private final Journal journal;
    private final Restoration restoration;
    private final ThisReplica self;
    private final AuditLog audit;
    private final TransactionTemplate transaction;

    Recovery(
            Incidents incidents,
            DatabaseState state,
            JournalCheck check,
            Journal journal,
            Restoration restoration,
            ThisReplica self,
            AuditLog audit,
            PlatformTransactionManager transactions) {
        this.incidents = incidents;
        this.state = state;
        this.check = check;
        this.journal = journal;
        this.restoration = restoration;
        this.self = self;
        this.audit = audit;
        this.transaction = new TransactionTemplate(transactions);
    }

    /**
     * Where things stand.
     *
     * @param since null where the database is not behind
     * @param evidence how it is known
     * @param servers whose journals matter
     * @param server the one that answers: a replay here is of its journal
     * @param missing how many revocations its journal has and the database lacks
     * @param lost the first of them, at most {@link #TOLD}
     */
    public record Standing(
            @Nullable Instant since,
            List<Evidence> evidence,
            List<Server> servers,
            String server,
            long missing,
            List<Lost> lost) {}

    /**
     * @param server who noticed
     * @param kind {@code journal}: its journal has revocations that the database lacks; {@code mark}: an agent had read the
     *     cluster's feed further than the database has it
     * @param cluster null where the certificates belong to none
     * @param sequence how far the feed had come
     * @param missing revocations known to be missing when it was noticed
     */
    public record Evidence(
            String server, String kind, @Nullable String cluster, long sequence, long missing, Instant at) {}

    /**
     * @param missing what its journal has and the database lacks; null where it has not said yet
     * @param givenUp whether an operator accepted that what it alone knows stays lost
     * @param awaited whether issuance goes on only after its replay
     */
    public record Server(
            String id,
            String name,
            boolean running,
            Instant seenAt,
            @Nullable Long missing,
            boolean givenUp,
            boolean awaited) {}

    /**
     * A lost revocation.
     *
     * @param certificateLost whether the certificate is not on record either; a replay records it again
     * @param replayable false where the authority that signed it is lost too: nothing can be said of its certificates
     */
    public record Lost(
            String revocation,
            String certificate,
            String serial,
            @Nullable String cluster,
            String authority,
            String reason,
            Instant revokedAt,
            boolean certificateLost,
            boolean replayable) {}

    /** Compares this server's journal now. */
    public Standing standing() {
        List<Lost> lost = new ArrayList<>();
        long[] missing = {0};
        check.eachLost((entry, found) -> {
            missing[0]++;
            if (lost.size() < TOLD) {
                lost.add(lost(entry, found));
            }
        });
        return new Standing(
                incidents.current().map(Incidents.Incident::since).orElse(null),
                incidents.evidence().stream()
                        .map(one -> new Evidence(
                                one.replica(),
                                one.kind(),
                                one.cluster().isEmpty() ? null : one.cluster(),
                                one.sequence(),
                                one.missing(),
                                one.at()))
                        .toList(),
                incidents.holders().stream()
                        .map(one -> new Server(
                                one.id().toString(),
                                one.name(),
                                one.running(),
                                one.seenAt(),
                                one.missing(),
                                one.givenUp(),
                                one.awaited()))
                        .toList(),
                self.replica().name(),
                missing[0],
                lost);
    }

    private static Lost lost(JournalEntry entry, Found found) {
        return new Lost(
                entry.revocation(),
                entry.fingerprint(),
                entry.serial(),
                entry.cluster(),
                entry.authority(),
                entry.reason(),
                Instant.parse(entry.revokedAt()),
                found != Found.REVOCATION_LOST,
                found != Found.AUTHORITY_LOST);
    }

    /**
     * What a replay did.
     *
     * @param revocations how many it put back
     * @param certificates how many of their certificates it had to record again
     */
    public record Replayed(long revocations, long certificates) {}

    /**
     * Puts back what this server's journal has and the database lacks, begins a new history of the feeds, and ends the
     * incident where nothing else is waited for. Doing it again changes nothing.
     */
    public Replayed replay(String actor) {
        // 1. The new history first: who reads the feed hears of what comes back
        transaction.executeWithoutResult(status -> incidents
                .lock()
                .filter(incident -> !incident.epochChanged())
                .ifPresent(incident -> {
                    String epoch = incidents.newEpoch();
                    audit.append(actor, new AuditEvent.FeedEpochChanged(epoch));
                }));

        // 2. Each revocation, and its certificate
        Batch batch = new Batch(actor);
        check.eachLost(batch::add);
        batch.flush();

        // 3. What is left, and whether anybody else is waited for
        state.checkWhole();
        long left = check.whole().missing();
        transaction.executeWithoutResult(status -> incidents.lock().ifPresent(incident -> {
            incidents.report(incident.id(), left);
            closeIfDone(actor);
        }));
        state.refresh();
        return new Replayed(batch.revocations, batch.certificates);
    }

    private final class Batch {
        private final String actor;
        private final List<JournalEntry> entries = new ArrayList<>();
        private final List<Found> found = new ArrayList<>();
        private long revocations;
        private long certificates;

        Batch(String actor) {
            this.actor = actor;
        }

        void add(JournalEntry entry, Found of) {
            if (of == Found.AUTHORITY_LOST) {
                return;
            }
            entries.add(entry);
            found.add(of);
            if (entries.size() == TOGETHER) {
                flush();
            }
        }

        void flush() {
            transaction.executeWithoutResult(status -> {
                for (int i = 0; i < entries.size(); i++) {
                    putBack(entries.get(i), found.get(i));
                }
            });
            entries.clear();
            found.clear();
        }

        private void putBack(JournalEntry entry, Found of) {
            if (!restoration.putBack(entry.known(), self.replica().id())) {
                return;
            }
            audit.append(
                    actor,
                    new AuditEvent.RevocationReplayed(
                            entry.cluster(), entry.fingerprint(), entry.serial(), entry.reason(), entry.revokedAt()));
            revocations++;
            certificates += of == Found.CERTIFICATE_LOST ? 1 : 0;
        }
    }

    /**
     * Gives up what a server's journal has and the database lacks: a server that is gone for good, or, for this one, what
     * cannot be put back.
     *
     * @return what is lost; empty where there is no such server
     */
    public Optional<Accepted> acceptLoss(UUID server, String actor) {
        Optional<Incidents.Holder> holder = incidents.holders().stream()
                .filter(one -> one.id().equals(server))
                .findAny();
        if (holder.isEmpty()) {
            return Optional.empty();
        }
        Accepted accepted = server.equals(self.replica().id())
                ? acceptOwn()
                : new Accepted(holder.get().missing(), List.of());
        Boolean changed = transaction.execute(status -> incidents
                .lock()
                .filter(incident -> !holder.get().givenUp())
                .map(incident -> {
                    boolean given = incidents.giveUp(server, incident.id());
                    audit.append(
                            actor,
                            new AuditEvent.LossAccepted(holder.get().name(), String.valueOf(accepted.missing())));
                    if (incident.epochChanged()) {
                        closeIfDone(actor);
                    }
                    return given;
                })
                .orElse(false));
        if (Boolean.TRUE.equals(changed)) {
            state.refresh();
        }
        return Optional.of(accepted);
    }

    /**
     * @param missing how many revocations stay lost; null where the server never said
     * @param lost those of them that this server knows, at most {@link #TOLD}
     */
    public record Accepted(@Nullable Long missing, List<Lost> lost) {}

    /** The journal itself has to say so: it is compared again and again. */
    private Accepted acceptOwn() {
        List<JournalEntry> entries = new ArrayList<>();
        List<Lost> lost = new ArrayList<>();
        check.eachLost((entry, found) -> {
            entries.add(JournalEntry.givenUp(entry.known()));
            if (lost.size() < TOLD) {
                lost.add(lost(entry, found));
            }
        });
        if (!entries.isEmpty()) {
            journal.append(entries);
        }
        return new Accepted((long) entries.size(), lost);
    }

    private void closeIfDone(String actor) {
        if (incidents.holders().stream().noneMatch(Incidents.Holder::awaited)) {
            incidents.close();
            audit.append(actor, new AuditEvent.DatabaseCaughtUp(self.replica().name()));
        }
    }
}
