package dev.certfleet.server.recovery;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.installation.Settings;
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
import java.util.function.BiConsumer;
import org.springframework.stereotype.Component;

/** Compares this server's journal with the database. */
@Component
class JournalCheck {
    /** An expired certificate is answered for this long by OCSP; so long its revocation matters. */
    private static final Duration ARCHIVE = Duration.ofDays(8);

    private static final int TOGETHER = 500;

    private final Journal journal;
    private final Restoration restoration;
    private final Duration maximumAbsence;
    private final Clock clock;

    JournalCheck(Journal journal, Restoration restoration, Settings settings, Clock clock) {
        this.journal = journal;
        this.restoration = restoration;
        this.maximumAbsence = settings.enrolment().checkedMaximumAbsence();
        this.clock = clock;
    }

    /**
     * What the database lacks.
     *
     * @param missing how many revocations
     * @param highest by cluster, the highest sequence of a missing one; the name is empty where there is no cluster
     * @param certificates whose revocations are missing
     */
    record Lost(long missing, Map<String, Long> highest, Set<Fingerprint> certificates) {}

    /** Of the whole journal. Files whose certificates all ended are deleted on the way. */
    Lost whole() {
        Counter counter = new Counter();
        eachLost(counter::count);
        return counter.lost();
    }

    /** Of the newest entries only. */
    Lost newest() {
        Counter counter = new Counter();
        List<JournalEntry> recent = journal.recent();
        compare(recent, ended(recent), counter::count);
        return counter.lost();
    }

    private static final class Counter {
        private final Map<String, Long> highest = new TreeMap<>();
        private final Set<Fingerprint> certificates = new HashSet<>();
        private long missing;

        void count(JournalEntry entry, Found found) {
            String cluster = entry.cluster();
            highest.merge(cluster == null ? "" : cluster, entry.sequence(), Math::max);
            certificates.add(new Fingerprint(entry.fingerprint()));
            missing++;
        }

        Lost lost() {
            return new Lost(missing, highest, Set.copyOf(certificates));
        }
    }

    /** Tells of each revocation in the journal that the database lacks, in the journal's order. */
    void eachLost(BiConsumer<JournalEntry, Found> reader) {
        Set<UUID> ended = new HashSet<>();
        List<Path> files = journal.files();
        Instant now = clock.instant();
        for (Path file : files) {
            List<JournalEntry> entries = journal.entries(file);
            ended.addAll(ended(entries));
            if (!file.equals(files.getLast()) && entries.stream().noneMatch(entry -> matters(entry, now))) {
                journal.delete(file);
            }
        }
        for (Path file : files) {
            compare(journal.entries(file), ended, reader);
        }
    }

    /** An expired identity is worth something for as long as it could bring its node back. */
    private boolean matters(JournalEntry entry, Instant now) {
        Duration further = entry.profile().equals(ProfileName.NODE_IDENTITY.label()) ? maximumAbsence : Duration.ZERO;
        return now.isBefore(entry.ends().plus(ARCHIVE).plus(further));
    }

    private static Set<UUID> ended(List<JournalEntry> entries) {
        Set<UUID> ended = new HashSet<>();
        entries.stream().filter(entry -> !entry.isRevocation()).forEach(entry -> ended.add(entry.id()));
        return ended;
    }

    private void compare(List<JournalEntry> entries, Set<UUID> ended, BiConsumer<JournalEntry, Found> reader) {
        Instant now = clock.instant();
        List<JournalEntry> relevant = entries.stream()
                .filter(entry -> entry.isRevocation() && !ended.contains(entry.id()) && matters(entry, now))
                .toList();
        for (int from = 0; from < relevant.size(); from += TOGETHER) {
            List<JournalEntry> part = relevant.subList(from, Math.min(relevant.size(), from + TOGETHER));
            List<Known> known = new ArrayList<>();
            part.forEach(entry -> known.add(entry.known()));
            Map<UUID, Found> found = restoration.compare(known);
            Set<UUID> told = new HashSet<>();
            for (JournalEntry entry : part) {
                Found of = found.getOrDefault(entry.id(), Found.IN_FORCE);
                if (of != Found.IN_FORCE && told.add(entry.id())) {
                    reader.accept(entry, of);
                }
            }
        }
    }
}
