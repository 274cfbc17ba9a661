package dev.certfleet.server.comeback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.ComebackProof;
import dev.certfleet.server.AdjustableClock;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** A node whose identity expired while it was away, at the server. */
class ComebackTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    private static final AdjustableClock CLOCK = new AdjustableClock();

    @SuppressWarnings("NullAway.Init")
    private static TestServer server;

    private final String cluster = server.newCluster();
    private final TestIdentity node = server.newNode(cluster, "worker-1");
    private Duration away = Duration.ZERO;

    @BeforeAll
    static void start() {
        server = TestServer.start(folder.resolve("data"), CLOCK);
    }

    @AfterAll
    static void stop() {
        server.stop();
    }

    /** The next test begins where this one did: an operator's certificate does not live for all their years. */
    @AfterEach
    void backToThePresent() {
        CLOCK.advance(away.negated());
    }

    @Test
    void comesBackAfterThirtyOneDays() {
        use(node);
        off(Duration.ofDays(31));
        server.as(node).get("/agent/assignment").expectProblem(401, "certificate-expired");

        TestIdentity back = comesBack(node);

        server.as(back).get("/agent/assignment").expect(200);
        assertThat(events("node-came-back")).singleElement().asString().contains(node.id(), back.id());
        assertThat(events("alarm-raised")).isEmpty();
    }

    @Test
    void comesBackAfterFourHundredDaysAndGetsItsCertificates() {
        use(node);
        off(Duration.ofDays(400));

        TestClient back = server.as(comesBack(node));

        back.get("/agent/assignment").expect(200);
        back.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubelet-serving", null, TestIdentity.request()))
                .expect(201);
    }

    @Test
    void comesBackByAnIdentityThatItNeverUsed() {
        off(Duration.ofDays(40));
        server.as(comesBack(node)).get("/agent/assignment").expect(200);
    }

    @Test
    void comesBackByTheNewestIdentityThatWasUsedWhereANewerOneNeverReachedIt() {
        use(node);
        renew(node);
        off(Duration.ofDays(40));
        server.as(comesBack(node)).get("/agent/assignment").expect(200);
    }

    @Test
    void refusesAnIdentityThatExpiredTooLongAgo() {
        use(node);
        off(Duration.ofDays(30 + 401));
        expectRefusal(comeBack(node), "away-too-long");
        assertThat(events("comeback-refused")).hasSize(1);
    }

    @Test
    void refusesAnIdentityThatWasRevokedMeanwhile() {
        use(node);
        off(Duration.ofDays(20));
        server.admin()
                .post("/revocations", "{\"certificate\": \"" + node.id() + "\", \"reason\": \"keyCompromise\"}")
                .expect(201);
        off(Duration.ofDays(20));
        expectRefusal(comeBack(node), "identity-revoked");
    }

    @Test
    void refusesAnIdentityThatWasRevokedAfterItExpired() {
        use(node);
        off(Duration.ofDays(40));
        server.admin()
                .post("/revocations", "{\"certificate\": \"" + node.id() + "\", \"reason\": \"certificateHold\"}")
                .expect(201);
        expectRefusal(comeBack(node), "identity-revoked");
    }

    @Test
    void refusesARetiredNode() {
        use(node);
        off(Duration.ofDays(40));
        server.admin().post("/clusters/" + cluster + "/nodes/worker-1/retire").expect(200);
        expectRefusal(comeBack(node), "holder-gone");
    }

    @Test
    void aReinstallThatIsAllowedDoesNotOpenTheWayForTheRetiredMachine() {
        use(node);
        off(Duration.ofDays(40));
        server.admin().post("/clusters/" + cluster + "/nodes/worker-1/retire").expect(200);
        server.admin()
                .post("/clusters/" + cluster + "/nodes/worker-1/reinstall")
                .expect(200);
        expectRefusal(comeBack(node), "older-identity");
    }

    @Test
    void refusesAMachineWhoseNameWasEnrolledAgain() {
        use(node);
        off(Duration.ofDays(40));
        server.admin()
                .post("/clusters/" + cluster + "/nodes/worker-1/reinstall")
                .expect(200);
        server.newNode(cluster, "worker-1");
        expectRefusal(comeBack(node), "older-identity");
    }

    @Test
    void refusesANodeInQuarantine() {
        use(node);
        off(Duration.ofDays(40));
        String path = "/clusters/" + cluster + "/nodes/worker-1/quarantine";
        String body = "{}";
        String confirmation = server.admin()
                .post(path + "?dryRun=true", body)
                .expect(200)
                .get("confirmation")
                .asString();
        server.admin()
                .post(path, "{\"confirmation\": \"" + confirmation + "\"}")
                .expect(200);
        expectRefusal(comeBack(node), "holder-gone");
        server.admin()
                .post("/clusters/" + cluster + "/nodes/worker-1/reinstall")
                .expect(200);
        assertThat(comeBack(node).expectProblem(403, "comeback-refused").toString())
                .containsAnyOf("older-identity", "key-blocked");
    }

    @Test
    void refusesAnOlderIdentityAsFromAStolenBackupAndRaisesAnAlarm() {
        use(node);
        TestIdentity newer = renew(node);
        use(newer);
        off(Duration.ofDays(40));

        expectRefusal(comeBack(node), "older-identity");
        expectRefusal(comeBack(node), "older-identity");

        assertThat(events("alarm-raised")).singleElement().asString().contains("old-identity-presented", node.id());
        server.as(comesBack(newer)).get("/agent/assignment").expect(200);
    }

    @Test
    void twoMachinesWithTheSameBackupAreExposed() {
        use(node);
        off(Duration.ofDays(40));
        TestIdentity original = comesBack(node);
        TestIdentity clone = comesBack(node);

        server.as(original).get("/agent/assignment").expect(200);
        server.as(clone).get("/agent/assignment").expect(200);

        server.as(original).get("/agent/assignment").expectProblem(401, "identity-superseded");
        assertThat(events("alarm-raised")).singleElement().asString().contains("cloned-identity");
        expectRefusal(comeBack(node), "older-identity");
        assertThat(events("alarm-raised")).hasSize(2);
    }

    @Test
    void takesAChallengeOnce() {
        use(node);
        off(Duration.ofDays(40));
        TestIdentity.Request request = TestIdentity.request();
        String body = body(node, challenge(node), request, node.key());
        post(body, UUID.randomUUID().toString()).expect(201);
        post(body, UUID.randomUUID().toString()).expectProblem(403, "challenge-refused");
    }

    @Test
    void takesAChallengeForTwoMinutes() {
        use(node);
        off(Duration.ofDays(40));
        String challenge = challenge(node);
        off(Duration.ofSeconds(121));
        comeBack(node, challenge).expectProblem(403, "challenge-refused");
    }

    @Test
    void takesAChallengeFromTheIdentityThatItWasGivenFor() {
        TestIdentity other = server.newNode(cluster, "worker-2");
        use(node);
        off(Duration.ofDays(40));
        comeBack(node, challenge(other)).expectProblem(403, "challenge-refused");
        comeBack(node, "v1." + "A".repeat(75)).expectProblem(403, "challenge-refused");
        comeBack(node, "").expectProblem(403, "challenge-refused");
    }

    @Test
    void saysTheSameOfAnUnknownIdentityAndOfAWrongSignature() {
        use(node);
        off(Duration.ofDays(40));
        TestIdentity stranger = new TestIdentity(TestIdentity.request().keys().getPrivate(), node.certificate());
        JsonNode wrong = comeBack(stranger).expectProblem(403, "comeback-refused");

        String unknown = "0".repeat(64);
        String challenge = challenge(unknown);
        TestIdentity.Request request = TestIdentity.request();
        JsonNode nobody = post(
                        body(unknown, shown(), challenge, request, stranger.key()),
                        UUID.randomUUID().toString())
                .expectProblem(403, "comeback-refused");

        assertThat(nobody).isEqualTo(wrong);
        assertThat(wrong.get("violations").get(0).get("rule").asString()).isEqualTo("not-proven");
        assertThat(events("comeback-refused")).isEmpty();
    }

    @Test
    void doesNotTakeAnotherKeyThanTheOneThatWasSignedFor() {
        use(node);
        off(Duration.ofDays(40));
        String body = body(node, challenge(node), TestIdentity.request(), node.key());
        String csr = TestClient.quoted(TestIdentity.request().pem());
        expectRefusal(
                post(body.replaceFirst("\"csr\": \"[^\"]*\"", "\"csr\": " + csr.replace("\\", "\\\\")), "k1"),
                "not-proven");
    }

    @Test
    void raisesAnAlarmWhereTheNodeWasShownAServerThatIsNotOurs() {
        use(node);
        off(Duration.ofDays(40));
        String challenge = challenge(node);
        expectRefusal(
                post(body(node.id(), node.id(), challenge, TestIdentity.request(), node.key()), "k2"),
                "unknown-server");
        assertThat(events("alarm-raised")).singleElement().asString().contains("unknown-server-presented");
    }

    @Test
    void givesTheSameCertificateAgainWhereTheAnswerWasLost() {
        use(node);
        off(Duration.ofDays(40));
        TestIdentity.Request request = TestIdentity.request();
        String first = post(body(node, challenge(node), request, node.key()), "lost-answer")
                .expect(201)
                .get("id")
                .asString();
        JsonNode again = post(body(node, challenge(node), request, node.key()), "lost-answer")
                .expect(201);
        assertThat(again.get("id").asString()).isEqualTo(first);
        post(body(node, challenge(node), TestIdentity.request(), node.key()), "lost-answer")
                .expectProblem(422, "idempotency-key-reused");
    }

    @Test
    void isNotForIdentitiesInForce() {
        use(node);
        assertThat(comeBack(node)
                        .expectProblem(409, "comeback-not-needed")
                        .get("detail")
                        .asString())
                .contains("valid until");
    }

    @Test
    void isNotForOtherCertificates() {
        TestIdentity operator = server.newOperator(cluster, "admin");
        expectRefusal(comeBack(operator), "not-proven");
    }

    @Test
    void refusesTheKeyOfTheOldIdentityWhereItIsBlocked() {
        use(node);
        server.bean(JdbcClient.class)
                .sql("INSERT INTO blocked_key (public_key_hash, cause, blocked_by, blocked_at)"
                        + " SELECT public_key_hash, 'compromised', 'test', now() FROM certificate"
                        + " WHERE encode(fingerprint, 'hex') = ?")
                .param(node.id())
                .update();
        off(Duration.ofDays(40));
        expectRefusal(comeBack(node), "key-blocked");
    }

    @Test
    void tellsThoseWhoAreTooManyToComeLater() throws Exception {
        use(node);
        off(Duration.ofDays(40));
        List<CompletableFuture<TestClient.Answer>> atOnce = new ArrayList<>();
        try (Connection other = server.bean(DataSource.class).getConnection();
                Statement held = other.createStatement()) {
            other.setAutoCommit(false);
            // Certificates are not recorded while somebody blocks keys.
            held.execute("SELECT pg_advisory_xact_lock(" + 0x4345525446L + ")");
            for (int i = 0; i < 8; i++) {
                atOnce.add(CompletableFuture.supplyAsync(() -> comeBack(node), Thread::startVirtualThread));
            }
            awaitReserved(8);

            TestClient.Answer late = comeBack(node);

            late.expectProblem(429, "too-many-comebacks");
            assertThat(late.header("Retry-After")).isEqualTo("5");
            other.rollback();
        }
        for (CompletableFuture<TestClient.Answer> answer : atOnce) {
            answer.get(60, TimeUnit.SECONDS).expect(201);
        }
        comeBack(node).expect(201);
    }

    private void awaitReserved(int count) throws InterruptedException {
        Instant patience = CLOCK.instant().plusSeconds(60);
        while (server.bean(JdbcClient.class)
                        .sql("SELECT count(*) FROM certificate WHERE cluster = ? AND state = 'reserved'")
                        .param(cluster)
                        .query(Integer.class)
                        .single()
                < count) {
            assertThat(CLOCK.instant()).isBefore(patience);
            Thread.sleep(20);
        }
    }

    @Test
    void asksForFieldsThatAreFingerprints() {
        server.anonymous()
                .post("/comebacks/challenges", "{\"identity\": \"worker-1\"}")
                .expectViolation("identity");
    }

    private void use(TestIdentity identity) {
        server.as(identity).get("/agent/assignment").expect(200);
    }

    private void off(Duration time) {
        CLOCK.advance(time);
        away = away.plus(time);
    }

    private static TestIdentity renew(TestIdentity identity) {
        TestIdentity.Request request = TestIdentity.request();
        return request.issued(server.as(identity)
                .post(
                        "/certificates/" + identity.id() + "/renew",
                        "{\"csr\": " + TestClient.quoted(request.pem()) + "}")
                .expect(201)
                .get("certificate")
                .asString());
    }

    private static TestIdentity comesBack(TestIdentity identity) {
        TestIdentity.Request request = TestIdentity.request();
        return request.issued(post(
                        body(identity, challenge(identity), request, identity.key()),
                        UUID.randomUUID().toString())
                .expect(201)
                .get("certificate")
                .asString());
    }

    private static TestClient.Answer comeBack(TestIdentity identity) {
        return comeBack(identity, challenge(identity));
    }

    private static TestClient.Answer comeBack(TestIdentity identity, String challenge) {
        return post(
                body(identity, challenge, TestIdentity.request(), identity.key()),
                UUID.randomUUID().toString());
    }

    private static String challenge(TestIdentity identity) {
        return challenge(identity.id());
    }

    private static String challenge(String identity) {
        return server.anonymous()
                .post("/comebacks/challenges", "{\"identity\": \"" + identity + "\"}")
                .expect(200)
                .get("challenge")
                .asString();
    }

    private static String body(TestIdentity identity, String challenge, TestIdentity.Request request, PrivateKey key) {
        return body(identity.id(), shown(), challenge, request, key);
    }

    private static String body(
            String identity, String shown, String challenge, TestIdentity.Request request, PrivateKey key) {
        String signature = new ComebackProof(shown, identity, challenge, request.pem()).sign(key);
        return "{\"identity\": \"" + identity + "\", \"server\": \"" + shown + "\", \"challenge\": \"" + challenge
                + "\", \"csr\": " + TestClient.quoted(request.pem()) + ", \"signature\": \"" + signature + "\"}";
    }

    /** The fingerprint of the server's TLS certificate. */
    private static String shown() {
        return TestIdentity.read(server.data().resolve("server-tls.pem")).id();
    }

    private static TestClient.Answer post(String body, String requestId) {
        return server.anonymous().post("/comebacks", body, "Idempotency-Key", requestId);
    }

    private static void expectRefusal(TestClient.Answer answer, String rule) {
        assertThat(answer.expectProblem(403, "comeback-refused").get("violations"))
                .extracting(violation -> violation.get("rule").asString())
                .containsExactly(rule);
    }

    /** The cluster's audit events of a type; not by REST, whose operator's certificate may have expired. */
    private List<String> events(String type) {
        return server.bean(JdbcClient.class)
                .sql("SELECT detail::text FROM audit_event WHERE cluster = ? AND type = ? ORDER BY sequence")
                .params(cluster, type)
                .query(String.class)
                .list();
    }
}
