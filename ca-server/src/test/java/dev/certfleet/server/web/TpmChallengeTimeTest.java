package dev.certfleet.server.web;

import dev.certfleet.pki.EvidenceBinding;
import dev.certfleet.server.AdjustableClock;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.enrolment.ChallengeTpm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A challenge is answered soon or not at all. */
class TpmChallengeTimeTest {
    private final SoftTpm tpm = SoftTpm.ecc();
    private final TestIdentity.Request key = TestIdentity.request();

    @Test
    void takesAnAnswerUntilItsTimeIsOver(@TempDir Path data) throws Exception {
        AdjustableClock clock = new AdjustableClock();
        TestServer server = TestServer.start(data, clock);
        try {
            String cluster = server.newCluster();
            server.admin()
                    .post(
                            "/clusters/" + cluster + "/tpm-admissions",
                            "{\"ekFingerprint\": \"" + tpm.fingerprint()
                                    + "\", \"nodeNamePattern\": \"worker-1\", \"roles\": [\"worker\"]}")
                    .expect(201);
            String late = answer(server, cluster);
            clock.advance(ChallengeTpm.LIFETIME.plusSeconds(1));
            String inTime = answer(server, cluster);
            clock.advance(ChallengeTpm.LIFETIME.minus(Duration.ofMinutes(1)));

            server.anonymous().post("/enrolments", late).expectProblem(403, "evidence-refused");
            server.anonymous().post("/enrolments", inTime).expect(201);
        } finally {
            server.stop();
        }
    }

    private String answer(TestServer server, String cluster) throws Exception {
        JsonNode made = server.anonymous()
                .post(
                        "/enrolments/tpm-challenges",
                        "{\"cluster\": \"" + cluster + "\", \"endorsementKey\": \""
                                + SoftTpm.base64(tpm.endorsementPublic()) + "\", \"attestationKey\": \""
                                + SoftTpm.base64(tpm.attestationPublic()) + "\"}")
                .expect(201);
        String text = made.get("challenge").asString();
        byte[] quote =
                SoftTpm.quote(EvidenceBinding.quote(text, key.keys().getPublic().getEncoded()));
        byte[] secret = tpm.activate(
                Base64.getDecoder().decode(made.get("credential").asString()),
                Base64.getDecoder().decode(made.get("encryptedSecret").asString()));
        return "{\"tpm\": {\"challenge\": \"" + text + "\", \"secret\": \"" + SoftTpm.base64(secret)
                + "\", \"attestation\": \"" + SoftTpm.base64(quote) + "\", \"signature\": \""
                + SoftTpm.base64(tpm.sign(quote))
                + "\"}, \"nodeName\": \"worker-1\", \"roles\": [], \"addresses\": [\"192.0.2.10\"], \"csr\": "
                + TestClient.quoted(key.pem()) + "}";
    }
}
