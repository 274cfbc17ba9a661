package dev.certfleet.server.setup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A server whose TLS certificate is revoked gets another, for another key, by itself. */
class RevokedServerTlsTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();

    @Test
    void getsAnotherCertificateForAnotherKey() throws Exception {
        Path file = server.data().resolve("server-tls.pem");
        String before = Files.readString(file);
        JsonNode inUse = admin.get("/certificates?profile=server-tls&status=good")
                .expect(200)
                .get("items")
                .get(0);

        admin.post("/revocations", "{\"certificate\": " + inUse.get("id") + ", \"reason\": \"keyCompromise\"}")
                .expect(201);

        for (int tries = 0; tries < 300 && Files.readString(file).equals(before); tries++) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
        String after = Files.readString(file);
        assertThat(key(after)).isNotEqualTo(key(before));
        JsonNode next = admin.get("/certificates?profile=server-tls&status=good")
                .expect(200)
                .get("items")
                .get(0);
        assertThat(next.get("serial")).isNotEqualTo(inUse.get("serial"));
        assertThat(next.get("dnsNames")).isEqualTo(inUse.get("dnsNames"));
        server.admin().get("/clusters").expect(200);
    }

    private static String key(String pem) {
        return pem.substring(0, pem.indexOf("-----BEGIN CERTIFICATE-----"));
    }
}
