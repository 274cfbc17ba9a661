package dev.certfleet.server.recovery;

import dev.certfleet.server.ledger.BlockChange;
import dev.certfleet.server.ledger.Feed;
import dev.certfleet.server.ledger.JournalledBlocks;
import dev.certfleet.server.ledger.Restoration;
import dev.certfleet.server.ledger.RevocationChange;
import dev.certfleet.server.replica.ThisReplica;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Sees to it that all that is revoked or blocked is in a journal before anybody hears that it is done: whoever does it, by
 * whatever way, waits for the append after their commit, and fails where it fails. The database remembers what no journal has
 * yet, so that what a crash or a full disk left is journalled by whichever server comes first.
 */
@Component
public class JournalChanges {
    /** Longer than from a commit to its append: who committed it is at it. */
    private static final Duration LEFT_BEHIND = Duration.ofSeconds(3);

    private static final Instant END_OF_TIME = Instant.parse("9999-12-31T00:00:00Z");

    /** How many are forced to the disk together at most, and looked for at once. */
    private static final int MOST = 500;

    private final Journal journal;
    private final Restoration restoration;
    private final JournalledBlocks blocks;
    private final Feed feed;
    private final ThisReplica replica;
    private final Clock clock;
    /** Appended, and not noted in the database yet. */
    private final Map<String, Change> appended = new ConcurrentHashMap<>();

    JournalChanges(
            Journal journal,
            Restoration restoration,
            JournalledBlocks blocks,
            Feed feed,
            ThisReplica replica,
            Clock clock) {
        this.journal = journal;
        this.restoration = restoration;
        this.blocks = blocks;
        this.feed = feed;
        this.replica = replica;
        this.clock = clock;
    }

    @EventListener
    void changed(RevocationChange change) {
        if (!change.replayed()) {
            afterCommit(new Change.OfRevocation(change));
        }
    }

    @EventListener
    void changed(BlockChange change) {
        if (!change.replayed()) {
            afterCommit(new Change.OfBlock(change));
        }
    }

    private void afterCommit(Change change) {
        for (TransactionSynchronization other : TransactionSynchronizationManager.getSynchronizations()) {
            if (other instanceof InThisTransaction mine) {
                mine.changes.add(change);
                return;
            }
        }
        InThisTransaction first = new InThisTransaction();
        first.changes.add(change);
        TransactionSynchronizationManager.registerSynchronization(first);
    }

    /** All that one transaction does is appended at once. */
    private final class InThisTransaction implements TransactionSynchronization {
        private final List<Change> changes = new ArrayList<>();
        private String epoch = "";

        @Override
        public void beforeCommit(boolean readOnly) {
            epoch = feed.epoch();
        }

        @Override
        public void afterCommit() {
            append(changes, epoch);
        }
    }

    private void append(List<Change> changes, String epoch) {
        for (int from = 0; from < changes.size(); from += MOST) {
            List<Change> part = changes.subList(from, Math.min(changes.size(), from + MOST));
            journal.append(part.stream().map(change -> change.entry(epoch)).toList());
            part.forEach(change -> appended.put(change.key(), change));
        }
    }

    /**
     * Journals what an earlier call made of a revocation and could not journal.
     *
     * @throws NotJournalled where it cannot be now either
     */
    public void complete(UUID revocation) {
        appendDue(restoration.notJournalled(revocation).stream().map(Change.OfRevocation::new));
    }

    /**
     * Journals all that earlier calls did and could not journal.
     *
     * @throws NotJournalled where it cannot be now either
     */
    public void complete() {
        do {
            noteAppended();
        } while (appendDue(due(END_OF_TIME)));
    }

    /** Notes in the database what was appended, and appends what was left behind. */
    void catchUp() {
        noteAppended();
        appendDue(due(clock.instant().minus(LEFT_BEHIND)));
    }

    private Stream<Change> due(Instant before) {
        return Stream.concat(
                restoration.notJournalled(before, MOST).stream().map(Change.OfRevocation::new),
                blocks.notJournalled(before, MOST).stream().map(Change.OfBlock::new));
    }

    /** @return whether there was any */
    private boolean appendDue(Stream<? extends Change> due) {
        List<Change> left = due.filter(change -> !appended.containsKey(change.key()))
                .map(Change.class::cast)
                .toList();
        if (!left.isEmpty()) {
            append(left, feed.epoch());
        }
        return !left.isEmpty();
    }

    private void noteAppended() {
        List<Change> done = List.copyOf(appended.values());
        if (done.isEmpty()) {
            return;
        }
        List<RevocationChange> revocations = new ArrayList<>();
        List<BlockChange> blocked = new ArrayList<>();
        for (Change change : done) {
            switch (change) {
                case Change.OfRevocation(RevocationChange revocation) -> revocations.add(revocation);
                case Change.OfBlock(BlockChange block) -> blocked.add(block);
            }
        }
        UUID self = replica.replica().id();
        restoration.journalled(revocations, self);
        blocks.journalled(blocked, self);
        done.forEach(change -> appended.remove(change.key()));
    }
}
