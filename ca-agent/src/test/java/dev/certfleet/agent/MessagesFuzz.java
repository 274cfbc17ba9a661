package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.EnrolmentResponse;
import dev.certfleet.pki.wire.FeedPage;
import dev.certfleet.pki.wire.IssuedCertificate;
import dev.certfleet.pki.wire.Problem;
import java.io.IOException;
import java.util.List;

/** What the server answers reads as each of its messages, or is refused as documented; written again it reads the same. */
public final class MessagesFuzz {
    private static final List<Class<?>> MESSAGES =
            List.of(FeedPage.class, Assignment.class, Problem.class, IssuedCertificate.class, EnrolmentResponse.class);

    private MessagesFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        for (Class<?> message : MESSAGES) {
            Object value;
            try {
                value = Allocation.bounded(data.length, () -> Json.read(message, data));
            } catch (IOException e) {
                continue;
            }
            byte[] written = Json.write(value);
            assertThat(Json.write(Json.read(message, written))).isEqualTo(written);
        }
    }
}
