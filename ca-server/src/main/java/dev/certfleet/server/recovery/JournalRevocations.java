package dev.certfleet.server.recovery;

import dev.certfleet.server.ledger.Feed;
import dev.certfleet.server.ledger.Restoration;
import dev.certfleet.server.ledger.RevocationChange;
import dev.certfleet.server.replica.ThisReplica;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Sees to it that every revocation is in a journal before anybody hears that it is done: whoever revokes, by whatever way,
 * waits for the append after their commit, and fails where it fails. The database remembers what no journal has yet, so that
 * what a crash or a full disk left is journalled by whichever server comes first.
 */
@Component
public class JournalRevocations {
    /** Longer than from a commit to its append: who committed it is at it. */
    private static final Duration LEFT_BEHIND = Duration.ofSeconds(3);

    /** How many are forced to the disk together at most, and looked for at once. */
    private static final int MOST = 500;

    private final Journal journal;
    private final Restoration restoration;
    private final Feed feed;
    private final ThisReplica replica;
    private final Clock clock;
    /** Appended, and not noted in the database yet. */
    private final Map<Key, RevocationChange> appended = new ConcurrentHashMap<>();

    JournalRevocations(Journal journal, Restoration restoration, Feed feed, ThisReplica replica, Clock clock) {
        this.journal = journal;
        this.restoration = restoration;
        this.feed = feed;
        this.replica = replica;
        this.clock = clock;
    }

    private record Key(UUID revocation, RevocationChange.Kind kind) {
        static Key of(RevocationChange change) {
            return new Key(change.revocation().id(), change.kind());
        }
    }

    @EventListener
    void changed(RevocationChange change) {
        if (change.replayed()) {
            return;
        }
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

    /** All that one transaction revokes is appended at once. */
    private final class InThisTransaction implements TransactionSynchronization {
        private final List<RevocationChange> changes = new ArrayList<>();
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

    private void append(List<RevocationChange> changes, String epoch) {
        for (int from = 0; from < changes.size(); from += MOST) {
            List<RevocationChange> part = changes.subList(from, Math.min(changes.size(), from + MOST));
            journal.append(
                    part.stream().map(change -> JournalEntry.of(change, epoch)).toList());
            part.forEach(change -> appended.put(Key.of(change), change));
        }
    }

    /**
     * Journals what an earlier call made of a revocation and could not journal.
     *
     * @throws NotJournalled where it cannot be now either
     */
    public void complete(UUID revocation) {
        appendDue(restoration.notJournalled(revocation));
    }

    private void appendDue(List<RevocationChange> due) {
        List<RevocationChange> left = due.stream()
                .filter(change -> !appended.containsKey(Key.of(change)))
                .toList();
        if (!left.isEmpty()) {
            append(left, feed.epoch());
        }
    }

    /** Notes in the database what was appended, and appends what was left behind. */
    void catchUp() {
        List<RevocationChange> done = List.copyOf(appended.values());
        if (!done.isEmpty()) {
            restoration.journalled(done, replica.replica().id());
            done.forEach(change -> appended.remove(Key.of(change)));
        }
        appendDue(restoration.notJournalled(clock.instant().minus(LEFT_BEHIND), MOST));
    }
}
