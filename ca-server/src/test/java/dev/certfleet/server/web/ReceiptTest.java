package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** A revocation is done when the doors were seen to refuse. */
class ReceiptTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final TestClient ADMIN = SERVER.admin();
    private static final String CONTROL_PLANE = "[\"control-plane\"]";

    private final String cluster = SERVER.newCluster();

    @Test
    void isEnforcedOnceEveryDoorHasProved() throws Exception {
        TestClient first = node("cp-1", CONTROL_PLANE);
        TestClient second = node("cp-2", CONTROL_PLANE);
        node("worker-1", "[\"worker\"]");
        String id = issueAdmin();

        JsonNode revocation = revoke(id, "?wait=1s").expect(201);

        JsonNode receipt = revocation.get("receipt");
        assertThat(receipt.get("state").asString()).isEqualTo("pending");
        assertThat(receipt.has("enforcedAfterMs")).isFalse();
        assertThat(receipt.get("counts").get("kube-apiserver").toString()).isEqualTo("{\"expected\":2,\"proved\":0}");
        assertThat(receipt.get("counts").get("replica").toString())
                .as("the server saw its own OCSP refuse within the second")
                .isEqualTo("{\"expected\":1,\"proved\":1}");
        assertThat(receipt.get("counts").has("etcd")).isFalse();

        String path = "/revocations/" + revocation.get("id").asString() + "/receipt";
        CompletableFuture<TestClient.Answer> waiting = ADMIN.getLater(path + "?wait=PT30S");
        prove(first, id, "kube-apiserver").expect(204);
        prove(first, id, "kube-apiserver").expect(204);
        assertThat(waiting).isNotDone();
        prove(second, id, "kube-apiserver").expect(204);

        JsonNode complete = waiting.get(10, TimeUnit.SECONDS).expect(200);
        assertThat(complete.get("state").asString()).isEqualTo("enforced");
        assertThat(complete.get("enforcedAfterMs").asLong()).isPositive();
        assertThat(complete.get("doors")).hasSize(3).allSatisfy(door -> {
            assertThat(door.get("state").asString()).isEqualTo("proved");
            assertThat(door.get("enforcedAfterMs").asLong())
                    .isLessThanOrEqualTo(complete.get("enforcedAfterMs").asLong());
        });
        assertThat(complete.get("doors"))
                .extracting(door -> door.get("evidence").asString())
                .containsExactlyInAnyOrder("review-denied", "review-denied", "ocsp-revoked");
        assertThat(ADMIN.get("/revocations?certificate=" + id)
                        .expect(200)
                        .get("items")
                        .get(0)
                        .get("receipt"))
                .isEqualTo(complete);
    }

    @Test
    void waitsForEtcdMembersAndForNothingElseInTheCluster() throws Exception {
        TestClient etcd = node("cp-1", "[\"control-plane\", \"etcd\"]");
        node("cp-2", CONTROL_PLANE);
        String id = etcd.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("etcd-healthcheck-client", null, TestIdentity.request()))
                .expect(201)
                .get("id")
                .asString();
        JsonNode receipt = revoke(id, "?wait=500ms").expect(201).get("receipt");
        assertThat(receipt.get("counts").propertyNames()).containsExactlyInAnyOrder("etcd", "replica");
        assertThat(receipt.get("counts").get("etcd").get("expected").asInt()).isEqualTo(1);

        prove(etcd, id, "etcd").expect(204);

        assertThat(revoke(id, "?wait=10s")
                        .expect(201)
                        .get("receipt")
                        .get("state")
                        .asString())
                .isEqualTo("enforced");
    }

    @Test
    void saysThatNobodyInTheClusterAsksAboutServingCertificates() throws Exception {
        TestClient node = node("cp-1", CONTROL_PLANE);
        String id = node.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kube-apiserver", null, TestIdentity.request()))
                .expect(201)
                .get("id")
                .asString();
        JsonNode receipt = revoke(id, "?wait=10s").expect(201).get("receipt");
        assertThat(receipt.get("state").asString()).isEqualTo("enforced");
        assertThat(receipt.get("counts").propertyNames()).containsExactly("replica");
        assertThat(receipt.get("note").asString()).contains("Kubernetes' clients check no revocation");
    }

    @Test
    void doesNotWaitForNodesThatWereSilentForADayOrWereRetired() throws Exception {
        node("cp-1", CONTROL_PLANE);
        TestClient asleep = node("cp-2", CONTROL_PLANE);
        SERVER.bean(JdbcClient.class)
                .sql("UPDATE node SET enrolled_at = now() - interval '25 hours' WHERE cluster = ? AND name = 'cp-2'")
                .param(cluster)
                .update();
        String id = issueAdmin();
        JsonNode revocation = revoke(id, "?wait=500ms").expect(201);
        JsonNode receipt = revocation.get("receipt");
        assertThat(receipt.get("counts").get("kube-apiserver").get("expected").asInt())
                .isEqualTo(1);
        assertThat(state(receipt, "cp-2")).isEqualTo("silent");
        assertThat(receipt.get("note").asString()).contains("silent nodes");

        ADMIN.post("/clusters/" + cluster + "/nodes/cp-1/retire").expect(200);

        JsonNode complete = ADMIN.get("/revocations/" + revocation.get("id").asString() + "/receipt?wait=20s")
                .expect(200);
        assertThat(complete.get("state").asString()).isEqualTo("enforced");
        assertThat(state(complete, "cp-1")).isEqualTo("gone");

        prove(asleep, id, "kube-apiserver").expect(204);
        assertThat(state(
                        ADMIN.get("/revocations/" + revocation.get("id").asString() + "/receipt")
                                .expect(200),
                        "cp-2"))
                .isEqualTo("proved");
    }

    @Test
    void answersWhenTheTimeIsUpAndSaysHowFarItIs() {
        node("cp-1", CONTROL_PLANE);
        String id = issueAdmin();
        long before = System.nanoTime();
        JsonNode receipt = revoke(id, "?wait=PT1.5S").expect(201).get("receipt");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofMillis(1400));
        assertThat(receipt.get("state").asString()).isEqualTo("pending");
    }

    @Test
    void endsWithTheHoldThatWasReleased() {
        TestClient agent = node("cp-1", CONTROL_PLANE);
        String id = issueAdmin();
        String hold = ADMIN.post("/revocations", "{\"certificate\": \"" + id + "\", \"reason\": \"certificateHold\"}")
                .expect(201)
                .get("id")
                .asString();
        JsonNode released = ADMIN.post("/revocations/" + hold + "/release").expect(200);
        assertThat(released.get("receipt").get("state").asString()).isEqualTo("ended");
        prove(agent, id, "kube-apiserver").expectViolation("not-revoked");
    }

    @ParameterizedTest
    @ValueSource(strings = {"61s", "-1s", "PT2M", "soon", "", "PT1H", "999999999999999999d"})
    void refusesToWaitForLongOrForNoDuration(String wait) {
        String id = issueAdmin();
        revoke(id, "?wait=" + wait).expectProblem(400, "malformed-request");
        assertThat(ADMIN.get("/certificates/" + id).expect(200).get("status").asString())
                .isEqualTo("good");
    }

    @Test
    void takesProofsOfTheNodesOwnDoorsInItsOwnClusterOnly() {
        TestClient agent = node("cp-1", CONTROL_PLANE);
        TestClient worker = node("worker-1", "[\"worker\"]");
        String good = issueAdmin();
        String revoked = issueAdmin();
        revoke(revoked, "").expect(201);
        String elsewhere = SERVER.newCluster();
        TestClient stranger = SERVER.as(SERVER.newNode(elsewhere, "cp-1", CONTROL_PLANE));

        prove(agent, good, "kube-apiserver").expectViolation("not-revoked");
        prove(agent, revoked, "etcd").expectViolation("door");
        prove(agent, revoked, "replica").expectViolation("door");
        prove(agent, revoked, "gate").expectViolation("door");
        prove(worker, revoked, "kube-apiserver").expectViolation("door");
        prove(stranger, revoked, "kube-apiserver").expectViolation("certificate");
        prove(agent, "00".repeat(32), "kube-apiserver").expectViolation("certificate");
        prove(agent, "x", "kube-apiserver").expectViolation("certificate");
        agent.post("/agent/proofs", "{\"proofs\": []}").expectViolation("proofs");
        agent.post("/agent/proofs", proofs(revoked, "kube-apiserver", "review-denied", 1001))
                .expectViolation("proofs");
        agent.post("/agent/proofs", proofs(revoked, "kube-apiserver", "I saw it", 1))
                .expectViolation("evidence");
        ADMIN.post("/agent/proofs", proofs(revoked, "kube-apiserver", "review-denied", 1))
                .expectProblem(403, "not-permitted");
        SERVER.anonymous()
                .post("/agent/proofs", proofs(revoked, "kube-apiserver", "review-denied", 1))
                .expectProblem(401, "not-authenticated");

        JsonNode receipt = ADMIN.get("/revocations?certificate=" + revoked)
                .expect(200)
                .get("items")
                .get(0)
                .get("receipt");
        assertThat(state(receipt, "cp-1")).isEqualTo("pending");
    }

    @Test
    void showsReceiptsToThoseOnlyWhoMayReadTheCluster() {
        String id = issueAdmin();
        String revocation = revoke(id, "").expect(201).get("id").asString();
        TestClient other = SERVER.as(SERVER.newOperator(SERVER.newCluster(), "admin"));
        other.get("/revocations/" + revocation + "/receipt").expectProblem(403, "not-permitted");
        other.get("/revocations/00000000-0000-0000-0000-000000000000/receipt").expectProblem(403, "not-permitted");
        SERVER.as(SERVER.newOperator(cluster, "viewer"))
                .get("/revocations/" + revocation + "/receipt")
                .expect(200);
    }

    @Test
    void provesABurstByItself() {
        List<String> revocations = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            revocations.add(revoke(issueAdmin(), "").expect(201).get("id").asString());
        }
        for (String revocation : revocations) {
            assertThat(ADMIN.get("/revocations/" + revocation + "/receipt?wait=20s")
                            .expect(200)
                            .get("state")
                            .asString())
                    .isEqualTo("enforced");
        }
    }

    private TestClient node(String name, String roles) {
        return SERVER.as(SERVER.newNode(cluster, name, roles));
    }

    private String issueAdmin() {
        return ADMIN.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()))
                .expect(201)
                .get("id")
                .asString();
    }

    private static TestClient.Answer revoke(String id, String query) {
        return ADMIN.post(
                "/revocations" + query, "{\"certificate\": \"" + id + "\", \"reason\": \"privilegeWithdrawn\"}");
    }

    private static TestClient.Answer prove(TestClient agent, String id, String door) {
        return agent.post("/agent/proofs", proofs(id, door, "review-denied", 1));
    }

    private static String proofs(String id, String door, String evidence, int count) {
        String proof = "{\"certificate\": \"" + id + "\", \"door\": \"" + door + "\", \"evidence\": \"" + evidence
                + "\", \"at\": \"" + Instant.EPOCH + "\"}";
        return "{\"proofs\": [" + String.join(", ", java.util.Collections.nCopies(count, proof)) + "]}";
    }

    private static @Nullable String state(JsonNode receipt, String door) {
        return receipt.get("doors")
                .valueStream()
                .filter(one -> one.get("name").asString().equals(door))
                .map(one -> one.get("state").asString())
                .findAny()
                .orElse(null);
    }
}
