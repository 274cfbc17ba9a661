package dev.certfleet.server.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.QuarantineRecord;
import dev.certfleet.server.ledger.Restoration;
import dev.certfleet.server.x509.Fingerprint;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.json.JsonMapper;

/**
 * A line of a journal is read or refused as documented. What is read can be put back: it says all that a replay asks for, of
 * the certificate that it holds, the key or the node, and written again it reads the same.
 */
public final class JournalEntryFuzz {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private JournalEntryFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        String line = new String(data, StandardCharsets.UTF_8);
        JournalEntry entry;
        try {
            entry = Allocation.bounded(line.length(), () -> JournalEntry.read(JSON, line));
        } catch (IllegalArgumentException e) {
            return;
        }
        assertThat(JournalEntry.read(JSON, JSON.writeValueAsString(entry))).isEqualTo(entry);
        switch (entry) {
            case RevocationEntry revocation -> check(revocation);
            case KeyEntry key -> check(key);
            case QuarantineEntry quarantine -> check(quarantine);
        }
    }

    private static void check(RevocationEntry entry) {
        Restoration.Known known = entry.known();
        assertThat(known.revocation().id()).isEqualTo(entry.id());
        assertThat(known.certificate().notAfter()).isEqualTo(entry.ends());
        assertThat(known.certificate().id())
                .isEqualTo(known.revocation().certificate())
                .isEqualTo(Fingerprint.of(known.certificate().der()));
        assertThat(RevocationEntry.givenUp(known).known())
                .usingRecursiveComparison()
                .isEqualTo(known);
    }

    private static void check(KeyEntry entry) {
        BlockedKeys.Entry known = entry.known();
        assertThat(known.key().hex()).isEqualTo(entry.key());
        assertThat(known.node() == null).isEqualTo(entry.cause().equals("compromised"));
        assertThat(KeyEntry.of(known).known()).isEqualTo(known);
        assertThat(entry.givenUp().isBlocked()).isFalse();
    }

    private static void check(QuarantineEntry entry) {
        QuarantineRecord known = entry.known();
        assertThat(known.id()).isEqualTo(entry.id());
        assertThat(known.isOver()).isEqualTo(known.endedBy() != null);
        QuarantineEntry again = known.isOver() ? QuarantineEntry.ended(known) : QuarantineEntry.begun(known);
        assertThat(again.known()).isEqualTo(known);
        assertThat(again.isComplete()).isTrue();
        assertThat(entry.givenUp().known()).isEqualTo(known);
    }
}
