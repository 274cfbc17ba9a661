package dev.certfleet.server.recovery;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.ledger.LostBlocks;
import dev.certfleet.server.ledger.Restoration;
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
    /** How much of each kind that is lost is told one by one. */
    public static final int TOLD = 1000;

    private final Incidents incidents;
    private final DatabaseState state;
    private final JournalCheck check;
    private final Journal journal;
    private final Replay replay;
    private final ThisReplica self;
    private final AuditLog audit;
    private final TransactionTemplate transaction;

    Recovery(
            Incidents incidents,
            DatabaseState state,
            JournalCheck check,
            Journal journal,
            Replay replay,
            ThisReplica self,
            AuditLog audit,
            PlatformTransactionManager transactions) {
        this.incidents = incidents;
        this.state = state;
        this.check = check;
        this.journal = journal;
        this.replay = replay;
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
     * @param missing how many revocations, blocked keys and quarantines its journal has and the database lacks
     * @param lost the first of the revocations, at most {@link #TOLD}
     * @param lostKeys the first of the keys, as many
     * @param lostQuarantines the first of the quarantines, as many
     */
    public record Standing(
            @Nullable Instant since,
            List<Evidence> evidence,
            List<Server> servers,
            String server,
            long missing,
            List<Lost> lost,
            List<LostKey> lostKeys,
            List<LostQuarantine> lostQuarantines) {}

    /**
     * @param server who noticed
     * @param kind {@code journal}: its journal has what the database lacks; {@code mark}: an agent had read the
     *     cluster's feed further than the database has it
     * @param cluster null where what is missing belongs to none
     * @param sequence how far the feed had come; 0 where it does not tell of it
     * @param missing how much was known to be missing when it was noticed
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

    /**
     * A lost public key that was blocked.
     *
     * @param cause {@code compromised} or {@code quarantine}
     * @param cluster of the node in quarantine; null for a compromised key
     * @param node in quarantine; null for a compromised key
     */
    public record LostKey(
            String publicKeyHash,
            String cause,
            @Nullable String cluster,
            @Nullable String node,
            Instant blockedAt) {}

    /**
     * A lost quarantine, or the lost end of one.
     *
     * @param endedAt when a reinstall was allowed; null where the node is to be in quarantine still
     * @param endLost whether the end alone is lost
     * @param replayable false where the cluster is lost too
     */
    public record LostQuarantine(
            String quarantine,
            String cluster,
            String node,
            Instant quarantinedAt,
            @Nullable Instant endedAt,
            boolean endLost,
            boolean replayable) {}

    /** Compares this server's journal now. */
    public Standing standing() {
        LostThings lost = new LostThings();
        check.eachLost(lost);
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
                lost.missing(),
                lost.revocations(),
                lost.keys(),
                lost.quarantines());
    }

    /**
     * What a replay did.
     *
     * @param revocations how many it put back
     * @param certificates how many of their certificates it had to record again
     * @param keys how many keys it blocked again
     * @param quarantines how many quarantines, and ends of quarantines, it put back
     */
    public record Replayed(long revocations, long certificates, long keys, long quarantines) {}

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

        // 2. Each revocation, and its certificate; then what is blocked without one
        Replay.Batch batch = replay.batch(actor, self.replica().id());
        check.eachLost(batch);
        batch.flush();

        // 3. What is left, and whether anybody else is waited for
        state.checkWhole();
        long left = check.whole().missing();
        transaction.executeWithoutResult(
                status -> incidents.lock().ifPresent(incident -> incidents.report(incident.id(), left, actor)));
        state.refresh();
        return batch.done();
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
                : new Accepted(holder.get().missing(), List.of(), List.of(), List.of());
        Boolean changed = transaction.execute(status -> incidents
                .lock()
                .filter(incident -> !holder.get().givenUp())
                .map(incident -> {
                    boolean given = incidents.giveUp(server, incident.id());
                    audit.append(
                            actor,
                            new AuditEvent.LossAccepted(holder.get().name(), String.valueOf(accepted.missing())));
                    if (incident.epochChanged()) {
                        incidents.endIfDone(actor);
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
     * @param missing how many revocations, blocked keys and quarantines stay lost; null where the server never said
     * @param lost the revocations of those that this server knows, at most {@link #TOLD}
     * @param lostKeys the keys, as many
     * @param lostQuarantines the quarantines, as many
     */
    public record Accepted(
            @Nullable Long missing, List<Lost> lost, List<LostKey> lostKeys, List<LostQuarantine> lostQuarantines) {}

    /** The journal itself has to say so: it is compared again and again. */
    private Accepted acceptOwn() {
        List<JournalEntry> entries = new ArrayList<>();
        LostThings lost = new LostThings();
        check.eachLost(new LostReader() {
            @Override
            public void revocation(RevocationEntry entry, Restoration.Found found) {
                entries.add(RevocationEntry.givenUp(entry.known()));
                lost.revocation(entry, found);
            }

            @Override
            public void key(KeyEntry entry) {
                entries.add(entry.givenUp());
                lost.key(entry);
            }

            @Override
            public void quarantine(QuarantineEntry entry, LostBlocks.Found found) {
                entries.add(entry.givenUp());
                lost.quarantine(entry, found);
            }
        });
        if (!entries.isEmpty()) {
            journal.append(entries);
        }
        return new Accepted(lost.missing(), lost.revocations(), lost.keys(), lost.quarantines());
    }
}
