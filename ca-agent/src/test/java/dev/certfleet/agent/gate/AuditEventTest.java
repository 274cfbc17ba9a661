package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class AuditEventTest {
    private static AuditEvent read(String json) {
        byte[] bytes = ("xx" + json + "yy").getBytes(UTF_8);
        return AuditEvent.read(bytes, 2, bytes.length - 4);
    }

    @Test
    void takesTheCallerNotWhomItImpersonatesNorWhatItAsks() {
        AuditEvent event = read("""
                {"kind":"Event","stage":"ResponseComplete","impersonatedUser":{"username":"root","extra":\
                {"authentication.kubernetes.io/credential-id":["X509SHA256=bad"]}},"requestObject":{"spec":{"extra":\
                {"authentication.kubernetes.io/credential-id":["X509SHA256=worse"]}},"user":{"username":"eve"}},\
                "user":{"username":"alice","uid":"7","groups":["a","b"],"extra":{"other":["x"],\
                "authentication.kubernetes.io/credential-id":["X509SHA256=good"]}},"sourceIPs":["10.0.0.1"]}""");

        assertThat(event).isEqualTo(new AuditEvent("alice", List.of("a", "b"), List.of("X509SHA256=good"), "10.0.0.1"));
    }

    @Test
    void takesTheConnectionsOwnAddressNotWhatHeadersClaim() {
        assertThat(read("{\"user\":{},\"sourceIPs\":[\"203.0.113.1\",\"10.0.0.1\"]}")
                        .address())
                .isEqualTo("10.0.0.1");
    }

    @Test
    void refusesWhatIsNoEvent() {
        for (String bad : List.of(
                "",
                "[]",
                "{}",
                "null",
                "{\"user\":\"alice\"}",
                "{\"user\":{\"groups\":[1]},\"sourceIPs\":[]}",
                "{\"user\"")) {
            assertThatThrownBy(() -> read(bad)).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
