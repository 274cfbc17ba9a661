package dev.certfleet.server.recovery;

import dev.certfleet.server.ledger.LostBlocks;
import dev.certfleet.server.ledger.QuarantineRecord;
import dev.certfleet.server.x509.KeyHash;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Compares blocked keys and quarantines of one reading of a journal with the database. */
final class BlockCheck {
    private static final int TOGETHER = 500;

    private final LostBlocks blocks;
    private final LastWords words;
    private final Map<String, KeyEntry> lostKeys = new LinkedHashMap<>();

    BlockCheck(LostBlocks blocks, LastWords words) {
        this.blocks = blocks;
        this.words = words;
    }

    /** Compares the keys among these. */
    void add(List<JournalEntry> entries) {
        List<KeyEntry> keys = entries.stream()
                .filter(KeyEntry.class::isInstance)
                .map(KeyEntry.class::cast)
                .filter(words::holds)
                .toList();
        for (int from = 0; from < keys.size(); from += TOGETHER) {
            List<KeyEntry> part = keys.subList(from, Math.min(keys.size(), from + TOGETHER));
            Set<KeyHash> lost =
                    blocks.lostKeys(part.stream().map(KeyEntry::known).toList());
            part.stream()
                    .filter(entry -> lost.contains(new KeyHash(entry.key())))
                    .forEach(entry -> lostKeys.merge(entry.key(), entry, KeyEntry::weightier));
        }
    }

    /** Tells each lost key once, and then the quarantines. */
    void tell(LostReader reader) {
        lostKeys.values().forEach(reader::key);
        List<QuarantineEntry> all =
                words.quarantines().stream().filter(entry -> !entry.isGivenUp()).toList();
        List<QuarantineRecord> known = all.stream().map(QuarantineEntry::known).toList();
        Map<UUID, LostBlocks.Found> found = known.isEmpty() ? Map.of() : blocks.compare(known);
        for (QuarantineEntry entry : all) {
            LostBlocks.Found of = found.getOrDefault(entry.id(), LostBlocks.Found.ON_RECORD);
            if (of != LostBlocks.Found.ON_RECORD) {
                reader.quarantine(entry, of);
            }
        }
    }
}
