package dev.certfleet.server.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** Every line that a server writes, or once wrote, is read, and nothing else is. */
class JournalEntryTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "revoked",
                "released",
                "given-up",
                "key-blocked",
                "key-of-a-quarantine",
                "key-given-up",
                "node-quarantined",
                "quarantine-ended",
                "quarantine-given-up"
            })
    void readsWhatServersWrite(String seed) throws IOException {
        JournalEntry entry = JournalEntry.read(JSON, seed(seed));
        assertThat(JournalEntry.read(JSON, JSON.writeValueAsString(entry))).isEqualTo(entry);
    }

    @Test
    void refusesWhatNoServerWrites() throws IOException {
        String key = seed("key-blocked");
        String quarantine = seed("node-quarantined");
        for (String line : List.of(
                "",
                "null",
                "{\"kind\":\"unknown\"}",
                seed("kind-before-the-object"),
                key.replace("compromised", "quarantine"),
                key.replace("compromised", "lost"),
                key.replace("\"key\":\"3", "\"key\":\""),
                key.replace("2026-11", "2026-13"),
                key.replace("\"blockedBy\":\"operator:admin\",", ""),
                seed("key-of-a-quarantine").replace(",\"node\":\"worker-1\"", ""),
                seed("revoked").replace("\"kind\":\"revoked\"", "\"kind\":\"key-blocked\""),
                quarantine.replace("node-quarantined", "quarantine-ended"),
                seed("quarantine-ended").replace("quarantine-ended", "node-quarantined"),
                quarantine.replace("privilegeWithdrawn", "certificateHold"),
                quarantine.replace("\"tpm ", "\"tpm"),
                quarantine.replace("\"tokens\":[\"4", "\"tokens\":[\"x"),
                quarantine.replace("[\"worker\"]", "[\"king\"]"),
                quarantine.replace("192.0.2.10", "localhost"),
                quarantine.replace("\"cluster\":\"prod\",", ""))) {
            assertThatThrownBy(() -> JournalEntry.read(JSON, line))
                    .as(line)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static String seed(String name) throws IOException {
        try (var in = JournalEntryTest.class.getResourceAsStream("/fuzz/JournalEntryFuzz/" + name + ".json")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }
}
