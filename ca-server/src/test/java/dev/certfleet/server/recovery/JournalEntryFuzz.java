package dev.certfleet.server.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;
import dev.certfleet.server.ledger.Restoration;
import dev.certfleet.server.x509.Fingerprint;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.json.JsonMapper;

/**
 * A line of a journal is read or refused as documented. What is read can be put back: it says all that a replay asks for, of
 * the certificate that it holds, and written again it reads the same.
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
        Restoration.Known known = entry.known();
        assertThat(known.revocation().id()).isEqualTo(entry.id());
        assertThat(known.certificate().notAfter()).isEqualTo(entry.ends());
        assertThat(known.certificate().id())
                .isEqualTo(known.revocation().certificate())
                .isEqualTo(Fingerprint.of(known.certificate().der()));
        assertThat(JournalEntry.givenUp(known).known())
                .usingRecursiveComparison()
                .isEqualTo(known);
    }
}
