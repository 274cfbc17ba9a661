package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.AdjustableClock;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What ends, ends when it says; and what another installation made is nothing here. */
class OutOfDateTest {
    private static final AdjustableClock CLOCK = new AdjustableClock();

    @SuppressWarnings("NullAway.Init")
    private static TestServer server;

    private Duration moved = Duration.ZERO;

    @BeforeAll
    static void start(@TempDir Path data) {
        server = TestServer.start(data, CLOCK);
    }

    @AfterAll
    static void stop() {
        server.stop();
    }

    @AfterEach
    void comeBack() {
        CLOCK.advance(moved.negated());
    }

    private void later(Duration by) {
        CLOCK.advance(by);
        moved = moved.plus(by);
    }

    @Test
    void refusesAnExpiredToken() {
        String cluster = server.newCluster();
        String token = server.admin()
                .post(
                        "/clusters/" + cluster + "/enrolment-tokens",
                        "{\"nodeNamePattern\": \"*\", \"roles\": [\"worker\"], \"maxUses\": 2, \"expiresIn\": \"PT1H\"}")
                .expect(201)
                .get("token")
                .asString();
        later(Duration.ofMinutes(59));
        enrol(server, token, "worker-1").expect(201);
        later(Duration.ofMinutes(1));
        OnRecord before = OnRecord.of(server);

        enrol(server, token, "worker-2").expectProblem(403, "token-expired");

        before.assertOnlyAudited(server);
        JsonNode refused = server.admin()
                .get("/audit-events?type=enrolment-refused&cluster=" + cluster)
                .expect(200)
                .get("items");
        assertThat(refused).hasSize(1);
        assertThat(refused.get(0).get("detail").get("node").asString()).isEqualTo("worker-2");
    }

    @Test
    void refusesAnExpiredNodeIdentity() {
        String cluster = server.newCluster();
        TestIdentity node = server.newNode(cluster, "worker-1");
        TestClient agent = server.as(node);
        later(Duration.ofDays(30).minusHours(1));
        agent.get("/agent/assignment").expect(200);
        later(Duration.ofHours(2));
        OnRecord before = OnRecord.of(server);

        agent.get("/agent/assignment").expectProblem(401, "certificate-expired");
        agent.post(
                        "/certificates/" + node.id() + "/renew",
                        "{\"csr\": " + TestClient.quoted(TestIdentity.request().pem()) + "}")
                .expectProblem(401, "certificate-expired");

        before.assertUnchanged(server);
        assertThat(server.admin()
                        .get("/certificates?cluster=" + cluster + "&status=expired")
                        .expect(200)
                        .get("items"))
                .hasSize(1);
    }

    @Test
    void refusesAnExpiredOperator() {
        TestIdentity operator = server.newOperator("*", "admin");
        TestClient client = server.as(operator);
        String name = TestServer.fresh("never");
        client.get("/clusters").expect(200);
        later(Duration.ofDays(365).plusHours(1));
        OnRecord before = OnRecord.of(server);

        client.post("/clusters", "{\"name\": \"" + name + "\"}").expectProblem(401, "certificate-expired");
        client.post(
                        "/operators/" + operator.name() + "/renew",
                        "{\"csr\": " + TestClient.quoted(TestIdentity.request().pem()) + "}")
                .expectProblem(401, "certificate-expired");

        before.assertUnchanged(server);
    }

    @Test
    void takesNothingThatAnotherInstallationMade() {
        TestServer other = TestServer.shared();
        String cluster = server.newCluster();
        String token = server.newToken(cluster, "*", "[\"worker\"]", 1);
        other.admin().get("/clusters").expect(200);
        OnRecord before = OnRecord.of(other);

        enrol(other, token, "worker-1").expectProblem(403, "token-unknown");
        other.as(server.newOperator("*", "admin")).get("/clusters").expectProblem(401, "certificate-unknown");
        other.as(server.newNode(cluster, "worker-1"))
                .get("/agent/assignment")
                .expectProblem(401, "certificate-unknown");

        before.assertUnchanged(other);
    }

    private static TestClient.Answer enrol(TestServer at, String token, String node) {
        return at.anonymous().post("/enrolments", TestServer.enrolment(token, node, TestIdentity.request()));
    }
}
