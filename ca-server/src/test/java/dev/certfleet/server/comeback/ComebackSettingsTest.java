package dev.certfleet.server.comeback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.ComebackProof;
import dev.certfleet.server.AdjustableClock;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A server whose comebacks are switched off and whose certificates live as long as it was told. */
class ComebackSettingsTest {
    private static final AdjustableClock CLOCK = new AdjustableClock();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(
                folder.resolve("data"),
                CLOCK,
                "--certfleet.enrolment.maximum-absence=PT0S",
                "--certfleet.profiles.kubelet-serving.lifetime=P7D",
                "--certfleet.profiles.node-identity.lifetime=PT12H");
    }

    @AfterAll
    static void stop() {
        server.stop();
    }

    @Test
    void nobodyComesBackWhereItIsSwitchedOff() {
        TestIdentity node = server.newNode(server.newCluster(), "worker-1");
        CLOCK.advance(Duration.ofHours(13));
        TestIdentity.Request request = TestIdentity.request();
        String shown =
                TestIdentity.read(server.data().resolve("server-tls.pem")).id();
        String challenge = server.anonymous()
                .post("/comebacks/challenges", "{\"identity\": \"" + node.id() + "\"}")
                .expect(200)
                .get("challenge")
                .asString();
        String signature = new ComebackProof(shown, node.id(), challenge, request.pem()).sign(node.key());

        JsonNode problem = server.anonymous()
                .post(
                        "/comebacks",
                        "{\"identity\": \"" + node.id() + "\", \"server\": \"" + shown + "\", \"challenge\": \""
                                + challenge + "\", \"csr\": " + TestClient.quoted(request.pem())
                                + ", \"signature\": \"" + signature + "\"}")
                .expectProblem(403, "comeback-refused");

        assertThat(problem.get("violations").get(0).get("rule").asString()).isEqualTo("comebacks-off");
    }

    @Test
    void certificatesLiveAsLongAsTheirProfileWasSetTo() {
        String cluster = server.newCluster();
        TestIdentity node = server.newNode(cluster, "worker-1");
        Instant now = CLOCK.instant();
        assertThat(node.certificate().getNotAfter().toInstant())
                .isBetween(now.plus(Duration.ofHours(12)).minusSeconds(60), now.plus(Duration.ofHours(12)));
        JsonNode serving = server.as(node)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubelet-serving", null, TestIdentity.request()))
                .expect(201);
        assertThat(Instant.parse(serving.get("notAfter").asString()))
                .isBetween(
                        now.plus(Duration.ofDays(7)).minusSeconds(60),
                        now.plus(Duration.ofDays(7)).plusSeconds(60));
        String longer = TestClient.certificateRequest("kubelet-serving", null, TestIdentity.request());
        server.as(node)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        longer.substring(0, longer.length() - 1) + ", \"lifetime\": \"P8D\"}")
                .expectViolation("lifetime-too-long");
    }
}
