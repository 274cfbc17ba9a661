package dev.certfleet.server.recovery;

import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What later entries of a journal say of earlier ones: revocations that ended, keys that were given up, quarantines. */
final class LastWords {
    private final Set<UUID> endedRevocations = new HashSet<>();
    private final Map<String, Instant> givenUpKeys = new HashMap<>();
    private final Map<UUID, QuarantineEntry> quarantines = new LinkedHashMap<>();

    void add(List<JournalEntry> entries) {
        for (JournalEntry entry : entries) {
            switch (entry) {
                case RevocationEntry revocation -> {
                    if (!revocation.isRevocation()) {
                        endedRevocations.add(revocation.id());
                    }
                }
                case KeyEntry key -> {
                    if (!key.isBlocked()) {
                        givenUpKeys.merge(key.key(), key.at(), (one, other) -> one.isAfter(other) ? one : other);
                    }
                }
                case QuarantineEntry quarantine ->
                    quarantines.merge(quarantine.id(), quarantine, QuarantineEntry::later);
            }
        }
    }

    /** Whether it was neither taken back nor given up. */
    boolean holds(RevocationEntry revocation) {
        return revocation.isRevocation() && !endedRevocations.contains(revocation.id());
    }

    /** Whether it was not given up since it was blocked. */
    boolean holds(KeyEntry key) {
        Instant givenUp = givenUpKeys.get(key.key());
        return key.isBlocked() && (givenUp == null || key.at().isAfter(givenUp));
    }

    /** What is known last of each quarantine. */
    Collection<QuarantineEntry> quarantines() {
        return quarantines.values();
    }

    /** Whether a copy of the journal needs the entry; revocations aside, which end with their certificates. */
    boolean needs(JournalEntry entry) {
        return switch (entry) {
            case RevocationEntry revocation -> false;
            case KeyEntry key -> holds(key) || !key.isBlocked();
            case QuarantineEntry quarantine -> quarantine.equals(quarantines.get(quarantine.id()));
        };
    }
}
