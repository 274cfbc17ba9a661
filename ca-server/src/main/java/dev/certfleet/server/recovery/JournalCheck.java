package dev.certfleet.server.recovery;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.installation.Settings;
import dev.certfleet.server.ledger.LostBlocks;
import dev.certfleet.server.ledger.Restoration;
import dev.certfleet.server.ledger.Restoration.Found;
import dev.certfleet.server.ledger.Restoration.Known;
import dev.certfleet.server.x509.Fingerprint;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.springframework.stereotype.Component;

/** Compares this server's journal with the database. */
@Component
class JournalCheck {
    /** An expired certificate is answered for this long by OCSP; so long its revocation matters. */
    private static final Duration ARCHIVE = Duration.ofDays(8);

    private static final int TOGETHER = 500;

    private final Journal journal;
    private final Restoration restoration;
    private final LostBlocks blocks;
    private final Duration maximumAbsence;
    private final Clock clock;

    JournalCheck(Journal journal, Restoration restoration, LostBlocks blocks, Settings settings, Clock clock) {
        this.journal = journal;
        this.restoration = restoration;
        this.blocks = blocks;
        this.maximumAbsence = settings.enrolment().checkedMaximumAbsence();
        this.clock = clock;
    }

    /**
     * What the database lacks.
     *
     * @param missing how many revocations, blocked keys and quarantines
     * @param highest by cluster, the highest sequence of a missing one; the name is empty where there is no cluster
     * @param certificates whose revocations are missing
     */
    record Lost(long missing, Map<String, Long> highest, Set<Fingerprint> certificates) {}

    /** Of the whole journal. Files whose certificates all ended are deleted on the way; what still holds is written again. */
    Lost whole() {
        Counter counter = new Counter();
        eachLost(counter);
        return counter.lost();
    }

    /** Of the newest entries only. */
    Lost newest() {
        Counter counter = new Counter();
        List<JournalEntry> recent = journal.recent();
        LastWords words = new LastWords();
        words.add(recent);
        BlockCheck blockCheck = new BlockCheck(blocks, words);
        compare(recent, words, counter);
        blockCheck.add(recent);
        blockCheck.tell(counter);
        return counter.lost();
    }

    private static final class Counter implements LostReader {
        private final Map<String, Long> highest = new TreeMap<>();
        private final Set<Fingerprint> certificates = new HashSet<>();
        private long missing;

        @Override
        public void revocation(RevocationEntry entry, Found found) {
            certificates.add(new Fingerprint(entry.fingerprint()));
            count(entry, entry.sequence());
        }

        @Override
        public void key(KeyEntry entry) {
            count(entry, 0);
        }

        @Override
        public void quarantine(QuarantineEntry entry, LostBlocks.Found found) {
            count(entry, 0);
        }

        private void count(JournalEntry entry, long sequence) {
            String cluster = entry.cluster();
            highest.merge(cluster == null ? "" : cluster, sequence, Math::max);
            missing++;
        }

        Lost lost() {
            return new Lost(missing, highest, Set.copyOf(certificates));
        }
    }

    /** Tells of each revocation, blocked key and quarantine in the journal that the database lacks. */
    void eachLost(LostReader reader) {
        LastWords words = new LastWords();
        List<Path> files = journal.files();
        for (Path file : files) {
            words.add(journal.entries(file));
        }
        Instant now = clock.instant();
        BlockCheck blockCheck = new BlockCheck(blocks, words);
        for (Path file : files) {
            List<JournalEntry> entries = journal.entries(file);
            compare(entries, words, reader);
            blockCheck.add(entries);
            if (!file.equals(files.getLast()) && entries.stream().noneMatch(entry -> matters(entry, now))) {
                journal.retire(file, entries.stream().filter(words::needs).toList());
            }
        }
        blockCheck.tell(reader);
    }

    /** An expired identity is worth something for as long as it could bring its node back. */
    private boolean matters(JournalEntry entry, Instant now) {
        return entry instanceof RevocationEntry revocation && matters(revocation, now);
    }

    private boolean matters(RevocationEntry entry, Instant now) {
        Duration further = entry.profile().equals(ProfileName.NODE_IDENTITY.label()) ? maximumAbsence : Duration.ZERO;
        return now.isBefore(entry.ends().plus(ARCHIVE).plus(further));
    }

    private void compare(List<JournalEntry> entries, LastWords words, LostReader reader) {
        Instant now = clock.instant();
        List<RevocationEntry> relevant = entries.stream()
                .filter(RevocationEntry.class::isInstance)
                .map(RevocationEntry.class::cast)
                .filter(entry -> words.holds(entry) && matters(entry, now))
                .toList();
        for (int from = 0; from < relevant.size(); from += TOGETHER) {
            List<RevocationEntry> part = relevant.subList(from, Math.min(relevant.size(), from + TOGETHER));
            List<Known> known = new ArrayList<>();
            part.forEach(entry -> known.add(entry.known()));
            Map<UUID, Found> found = restoration.compare(known);
            Set<UUID> told = new HashSet<>();
            for (RevocationEntry entry : part) {
                Found of = found.getOrDefault(entry.id(), Found.IN_FORCE);
                if (of != Found.IN_FORCE && told.add(entry.id())) {
                    reader.revocation(entry, of);
                }
            }
        }
    }
}
