package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A node in quarantine is out, by every way in. */
class QuarantineTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();
    private final String nodes = "/clusters/" + cluster + "/nodes/";
    private final Bulk quarantine = new Bulk(admin, nodes + "worker-1/quarantine");
    private final TestIdentity.Request identityRequest = TestIdentity.request();
    private final TestIdentity.Request kubelet = TestIdentity.request();

    @SuppressWarnings("NullAway.Init")
    private TestIdentity node;

    @SuppressWarnings("NullAway.Init")
    private String token;

    @BeforeEach
    void enrol() {
        token = server.newToken(cluster, "worker-*", "[\"worker\"]", 5);
        JsonNode enrolled = server.anonymous()
                .post(
                        "/enrolments",
                        TestServer.enrolment(token, "worker-1", identityRequest),
                        "Idempotency-Key",
                        "enrolment")
                .expect(201);
        node = identityRequest.issued(
                enrolled.get("certificate").get("certificate").asString());
        server.as(node)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubelet-client", null, kubelet),
                        "Idempotency-Key",
                        "kubelet")
                .expect(201);
    }

    @Test
    void dryRunShowsWhatWouldGoAndBreakAndChangesNothing() {
        OnRecord before = OnRecord.of(server);

        JsonNode shown = quarantine.dryRun("{}");

        assertThat(shown.get("dryRun").asBoolean()).isTrue();
        assertThat(shown.get("count").asInt()).isEqualTo(2);
        assertThat(shown.get("certificates"))
                .extracting(certificate -> certificate.get("profile").asString())
                .containsExactlyInAnyOrder("node-identity", "kubelet-client");
        assertThat(shown.get("breaks"))
                .extracting(broken -> broken.get("effect").asString())
                .anyMatch(effect -> effect.startsWith("worker-1 leaves the cluster until it is reinstalled"))
                .anyMatch(effect -> effect.startsWith("worker-1: the kubelet loses the API")
                        && effect.endsWith("until the node is reinstalled"))
                .anyMatch(effect -> effect.startsWith("no node keeps a valid node-identity"))
                .anyMatch(effect -> effect.startsWith("the enrolment token"));
        before.assertUnchanged(server);
    }

    @Test
    void needsTheConfirmationOfThatVeryDryRun() {
        String confirmation = quarantine.confirmation("{}");
        TestClient other = server.as(server.newOperator(cluster, "admin"));
        OnRecord before = OnRecord.of(server);

        admin.post(quarantine.path(), "{}").expectProblem(428, "confirmation-required");
        quarantine.confirmed("{}", "x").expectViolation("confirmation");
        quarantine.confirmed("{\"reason\": \"keyCompromise\"}", confirmation).expectViolation("confirmation");
        quarantine.confirmed("{\"comment\": \"other\"}", confirmation).expectViolation("confirmation");
        new Bulk(other, quarantine.path()).confirmed("{}", confirmation).expectViolation("confirmation");
        quarantine
                .confirmed("{}", confirmation.substring(0, confirmation.length() - 1) + "g")
                .expectProblem(409, "dry-run-outdated");
        admin.post(quarantine.path() + "?dryRun=true", "{\"confirmation\": \"" + confirmation + "\"}")
                .expectViolation("confirmation");

        before.assertUnchanged(server);
    }

    @Test
    void changesNothingWhereThingsChangedMeanwhile() {
        String confirmation = quarantine.confirmation("{}");
        server.as(node)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kube-proxy", null, TestIdentity.request()))
                .expect(201);
        OnRecord before = OnRecord.of(server);

        quarantine.confirmed("{}", confirmation, "Idempotency-Key", "k").expectProblem(409, "dry-run-outdated");

        before.assertUnchanged(server);
    }

    @Test
    void revokesAllItHoldsAndRefusesItEverywhere() {
        JsonNode done = quarantine.go("{\"comment\": \"stolen\"}").expect(200);

        assertThat(done.get("count").asInt()).isEqualTo(2);
        assertThat(done.get("revocations")).hasSize(2);
        assertThat(done.get("keysBlocked").asInt()).isEqualTo(2);
        assertThat(done.get("tokensWithdrawn").asInt()).isEqualTo(1);
        assertThat(admin.get("/certificates?status=good&cluster=" + cluster)
                        .expect(200)
                        .get("items"))
                .extracting(certificate -> certificate.get("profile").asString())
                .as("only responders are good, that answer for what was revoked")
                .allMatch(profile -> profile.equals("ocsp-responder"));
        assertThat(state()).isEqualTo("quarantined");
        JsonNode event = admin.get("/audit-events?type=node-quarantined&cluster=" + cluster)
                .expect(200)
                .get("items")
                .get(0)
                .get("detail");
        assertThat(event.get("certificatesRevoked").asInt()).isEqualTo(2);
        assertThat(event.get("comment").asString()).isEqualTo("stolen");
        OnRecord before = OnRecord.of(server);

        TestClient agent = server.as(node);
        agent.get("/agent/assignment").expectProblem(401, "certificate-revoked");
        agent.get("/clusters/" + cluster + "/feed").expectProblem(401, "certificate-revoked");
        agent.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubelet-client", null, kubelet),
                        "Idempotency-Key",
                        "kubelet")
                .expectProblem(401, "certificate-revoked");
        agent.post(
                        "/certificates/" + node.id() + "/renew",
                        "{\"csr\": " + TestClient.quoted(TestIdentity.request().pem()) + "}")
                .expectProblem(401, "certificate-revoked");
        issue("kubelet-client", TestIdentity.request()).expectViolation("node-quarantined");
        admin.post(nodes + "worker-1/renew", "{}").expectViolation("node-quarantined");
        before.assertUnchanged(server);
    }

    @Test
    void refusesAnIdentityThatWasLeftInForce() {
        server.bean(org.springframework.jdbc.core.simple.JdbcClient.class)
                .sql("UPDATE node SET state = 'quarantined' WHERE cluster = ?")
                .param(cluster)
                .update();
        server.as(node).get("/agent/assignment").expectProblem(401, "holder-removed");
    }

    @Test
    void lastTokensLetNobodyInNotEvenAgain() {
        String own = server.newToken(cluster, "worker-1", "[\"worker\"]", 1);
        String others = server.newToken(cluster, "worker-*", "[\"worker\"]", 1);
        quarantine.go("{}").expect(200);
        TestClient anybody = server.anonymous();

        anybody.post(
                        "/enrolments",
                        TestServer.enrolment(token, "worker-1", identityRequest),
                        "Idempotency-Key",
                        "enrolment")
                .expectProblem(403, "token-withdrawn");
        anybody.post("/enrolments", TestServer.enrolment(token, "worker-9", TestIdentity.request()))
                .expectProblem(403, "token-withdrawn");
        anybody.post("/enrolments", TestServer.enrolment(own, "worker-1", TestIdentity.request()))
                .expectProblem(403, "token-withdrawn");
        anybody.post("/enrolments", TestServer.enrolment(others, "worker-1", TestIdentity.request()))
                .expectProblem(409, "node-name-taken");
        anybody.post("/enrolments", TestServer.enrolment(others, "worker-2", TestIdentity.request()))
                .expect(201);
    }

    @Test
    void comesBackWithNewKeysOnly() {
        quarantine.go("{}").expect(200);
        admin.post(nodes + "worker-1/reinstall").expect(200);
        String fresh = server.newToken(cluster, "worker-1", "[\"worker\"]", 1);

        for (TestIdentity.Request old : List.of(identityRequest, kubelet)) {
            server.anonymous()
                    .post("/enrolments", TestServer.enrolment(fresh, "worker-1", old))
                    .expectViolation("compromised-key");
        }
        server.anonymous()
                .post("/enrolments", TestServer.enrolment(fresh, "worker-1", TestIdentity.request()))
                .expect(201);

        assertThat(state()).isEqualTo("active");
        issue("kubelet-client", kubelet).expectViolation("compromised-key");
        issue("kubelet-client", TestIdentity.request()).expect(201);
        assertThat(admin.get("/compromised-keys?cluster=" + cluster).expect(200).get("items"))
                .hasSize(2)
                .allMatch(key -> key.get("cause").asString().equals("quarantine")
                        && key.get("node").asString().equals("worker-1"));
    }

    @Test
    void answersTheSameAgainAndTakesAPermissionBackToo() {
        String confirmation = quarantine.confirmation("{}");
        JsonNode done = quarantine
                .confirmed("{}", confirmation, "Idempotency-Key", "once-" + cluster)
                .expect(200);
        OnRecord before = OnRecord.of(server);

        assertThat(quarantine
                        .confirmed("{}", confirmation, "Idempotency-Key", "once-" + cluster)
                        .expect(200))
                .isEqualTo(done);
        assertThat(quarantine.confirmed("{}", confirmation).expect(200)).isEqualTo(done);
        before.assertUnchanged(server);

        for (int i = 0; i < 2; i++) {
            admin.post(nodes + "worker-1/reinstall").expect(200);
            quarantine.go("{}").expect(200);
            assertThat(state()).isEqualTo("quarantined");
        }
    }

    @Test
    void refusesWhatIsNoReasonForIt() {
        OnRecord before = OnRecord.of(server);
        for (String reason : List.of("certificateHold", "superseded", "because")) {
            admin.post(quarantine.path() + "?dryRun=true", "{\"reason\": \"" + reason + "\"}")
                    .expectViolation("reason");
        }
        admin.post(quarantine.path(), "{\"comment\": \"" + "x".repeat(1001) + "\"}")
                .expectViolation("comment");
        admin.post(quarantine.path() + "?dryRun=maybe", "{}").expectProblem(400, "malformed-request");
        admin.post(nodes + "none/quarantine?dryRun=true", "{}").expectProblem(404, "not-found");
        admin.post(nodes + "none/quarantine", "{}").expectProblem(404, "not-found");
        before.assertUnchanged(server);
    }

    @Test
    void leavesNothingInForceThatIsIssuedMeanwhile() throws Exception {
        String confirmation = quarantine.confirmation("{}");
        try (HeldUp held = new HeldUp(server, cluster)) {
            CompletableFuture<TestClient.Answer> done =
                    CompletableFuture.supplyAsync(() -> quarantine.confirmed("{}", confirmation));
            held.awaitWaiting(1);
            CompletableFuture<TestClient.Answer> issued = CompletableFuture.supplyAsync(
                    () -> issue("kubelet-client", TestIdentity.request(), "Idempotency-Key", "overtaken-" + cluster));
            held.awaitReserved("overtaken-" + cluster);
            held.letGo();
            done.get(60, TimeUnit.SECONDS).expect(200);
            issued.get(60, TimeUnit.SECONDS).expectViolation("holder-gone");
        }
        assertThat(admin.get("/certificates?status=good&node=worker-1&cluster=" + cluster)
                        .expect(200)
                        .get("items"))
                .isEmpty();
    }

    private TestClient.Answer issue(String profile, TestIdentity.Request request, String... headers) {
        return admin.post(
                "/clusters/" + cluster + "/certificates",
                TestClient.certificateRequest(profile, "worker-1", request),
                headers);
    }

    private String state() {
        return admin.get(nodes + "worker-1").expect(200).get("state").asString();
    }
}
