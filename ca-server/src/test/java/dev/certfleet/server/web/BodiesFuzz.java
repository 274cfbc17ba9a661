package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;
import dev.certfleet.pki.wire.AgentAlarm;
import dev.certfleet.pki.wire.CertificateRequest;
import dev.certfleet.pki.wire.EnrolmentRequest;
import dev.certfleet.pki.wire.NodeReport;
import dev.certfleet.pki.wire.RenewalRequest;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A body reads as a message, or is refused as documented. What is read has every field that is required, is what a reader
 * that is not strict sees in it, and written again it reads the same.
 */
public final class BodiesFuzz {
    private static final JsonMapper STRICT =
            StrictJson.strict(JsonMapper.builder()).build();
    private static final JsonMapper PLAIN = JsonMapper.builder().build();
    private static final List<Class<?>> MESSAGES = List.of(
            EnrolmentRequest.class,
            CertificateRequest.class,
            RenewalRequest.class,
            NodeReport.class,
            AgentAlarm.class,
            RevocationResource.NewRevocation.class);

    private BodiesFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        for (Class<?> message : MESSAGES) {
            Object body;
            try {
                body = Allocation.bounded(data.length, () -> STRICT.readValue(data, message));
                if (body == null) {
                    continue; // the JSON is null: Spring refuses it as no body
                }
                RequiredFields.require(body);
            } catch (JacksonException | ProblemException e) {
                continue;
            }
            byte[] written = STRICT.writeValueAsBytes(body);
            assertThat(STRICT.readValue(written, message)).isEqualTo(body);
            assertThat(fields(written)).isEqualTo(fields(data));
        }
    }

    /** The names of the fields that hold something. */
    private static Set<String> fields(byte[] json) {
        return PLAIN.readTree(json).properties().stream()
                .filter(field -> !field.getValue().isNull())
                .filter(field ->
                        !field.getValue().isArray() || !field.getValue().isEmpty())
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }
}
