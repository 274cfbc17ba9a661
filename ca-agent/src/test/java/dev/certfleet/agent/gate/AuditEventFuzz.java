package dev.certfleet.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.jr.ob.JSON;

/**
 * A line of the audit log is read or refused as documented, wherever it is in the buffer and whatever is around it. A reader
 * that reads the whole line sees the same caller in it, and written again it reads the same.
 */
public final class AuditEventFuzz {
    /** kube-apiserver writes no field twice; of a line that has one twice nobody says which of them counts. */
    private static final JSON WHOLE = JSON.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build();

    private static final byte[] BEFORE = "{\"user\":{\"username\":\"before\"}}\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] AFTER = "\n]}{\"user\":{}".getBytes(StandardCharsets.US_ASCII);

    private AuditEventFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        AuditEvent event = Allocation.bounded(data.length, () -> read(data, 0, data.length));
        byte[] buffer = Arrays.copyOf(BEFORE, BEFORE.length + data.length + AFTER.length);
        System.arraycopy(data, 0, buffer, BEFORE.length, data.length);
        System.arraycopy(AFTER, 0, buffer, BEFORE.length + data.length, AFTER.length);
        assertThat(read(buffer, BEFORE.length, data.length)).isEqualTo(event);
        if (event == null) {
            return;
        }
        Map<String, Object> whole;
        try {
            whole = WHOLE.mapFrom(data);
        } catch (JacksonException e) {
            // Behind what was asked for.
            whole = null;
        }
        if (whole != null) {
            assertThat(event).isEqualTo(caller(whole));
        }
        assertThat(read(written(event))).isEqualTo(texts(event));
    }

    private static @Nullable AuditEvent read(byte[] line) {
        return read(line, 0, line.length);
    }

    private static @Nullable AuditEvent read(byte[] buffer, int from, int length) {
        try {
            return AuditEvent.read(buffer, from, length);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static AuditEvent caller(Map<String, Object> line) {
        Map<?, ?> user = map(line.get("user"));
        List<String> addresses = list(line.get("sourceIPs"));
        return new AuditEvent(
                user.get("username") instanceof String name ? name : "",
                list(user.get("groups")),
                list(map(user.get("extra")).get(AccessReview.CREDENTIAL_ID)),
                addresses.isEmpty() ? "" : addresses.getLast());
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static List<String> list(@Nullable Object value) {
        return value instanceof List<?> list
                ? list.stream().map(String.class::cast).toList()
                : List.of();
    }

    private static byte[] written(AuditEvent event) throws IOException {
        return JSON.std
                .asString(Map.of(
                        "kind",
                        "Event",
                        "user",
                        Map.of(
                                "username",
                                event.user(),
                                "groups",
                                event.groups(),
                                "extra",
                                Map.of(AccessReview.CREDENTIAL_ID, event.credentialIds())),
                        "sourceIPs",
                        event.address().isEmpty() ? List.of() : List.of(event.address())))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** As they come out of UTF-8, in which there is no half of a surrogate pair. */
    private static AuditEvent texts(AuditEvent event) {
        return new AuditEvent(
                text(event.user()),
                event.groups().stream().map(AuditEventFuzz::text).toList(),
                event.credentialIds().stream().map(AuditEventFuzz::text).toList(),
                text(event.address()));
    }

    private static String text(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
}
