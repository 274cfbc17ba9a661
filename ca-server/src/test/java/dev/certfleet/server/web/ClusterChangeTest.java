package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** How a cluster's description changes, and how its nodes hear of it. */
class ClusterChangeTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();

    @Test
    void changesWhatIsNamedAndLeavesTheRest() {
        JsonNode before = admin.get("/clusters/" + cluster).expect(200);

        JsonNode after = change("{\"extraNames\": [\"api.example.org\"], \"controlPlaneEndpoint\": \"api:6443\"}")
                .expect(200);

        assertThat(after.get("extraNames").get(0).asString()).isEqualTo("api.example.org");
        assertThat(after.get("controlPlaneEndpoint").asString()).isEqualTo("api:6443");
        assertThat(after.get("domain")).isEqualTo(before.get("domain"));
        assertThat(after.get("serviceCidrs")).isEqualTo(before.get("serviceCidrs"));
        assertThat(admin.get("/clusters/" + cluster).expect(200)).isEqualTo(after);
        assertThat(change("{\"controlPlaneEndpoint\": \"\"}").expect(200).has("controlPlaneEndpoint"))
                .isFalse();
    }

    @Test
    void isInTheAuditLogOnceForEachChange() {
        change("{\"domain\": \"k8s.example.org\"}").expect(200);
        change("{\"domain\": \"k8s.example.org\"}").expect(200);

        JsonNode events = admin.get("/audit-events?cluster=" + cluster + "&type=cluster-changed")
                .expect(200)
                .get("items");
        assertThat(events).hasSize(1);
        assertThat(events.get(0).get("detail").get("changes").get(0).asString())
                .isEqualTo("domain: cluster.local -> k8s.example.org");
    }

    @Test
    void givesControlPlaneNodesTheNewNames() {
        TestIdentity node = server.newNode(cluster, "cp-1", "[\"control-plane\"]");
        change("{\"extraNames\": [\"api.example.org\", \"203.0.113.9\"], \"serviceCidrs\": [\"172.20.0.0/16\"]}")
                .expect(200);

        JsonNode assigned = assigned(server.as(node).get("/agent/assignment").expect(200), "kube-apiserver");

        assertThat(texts(assigned.get("dnsNames"))).contains("api.example.org");
        assertThat(texts(assigned.get("addresses"))).contains("203.0.113.9", "172.20.0.1");
    }

    @Test
    void refusesWhatCannotStandInACertificate() {
        for (String body : List.of(
                "{\"extraNames\": [\"not a name\"]}",
                "{\"controlPlaneEndpoint\": \"https://api\"}",
                "{\"serviceCidrs\": [\"10.96.0.0\"]}",
                "{\"domain\": \"-\"}")) {
            change(body).expectViolation("cluster");
        }
        change("{\"name\": \"other\"}").expectProblem(400, "unknown-field");
        assertThat(admin.get("/audit-events?cluster=" + cluster + "&type=cluster-changed")
                        .expect(200)
                        .get("items"))
                .isEmpty();
    }

    @Test
    void refusesANameThatANodeHas() {
        server.newNode(cluster, "worker-1");
        for (String body : List.of(
                "{\"extraNames\": [\"worker-1\"]}",
                "{\"extraNames\": [\"192.0.2.10\"]}",
                "{\"controlPlaneEndpoint\": \"192.0.2.10:6443\"}")) {
            change(body).expectViolation("reserved-name");
        }
        server.newNode(cluster, "cp-1", "[\"control-plane\"]");
        change("{\"controlPlaneEndpoint\": \"" + TestServer.address("cp-1") + ":6443\"}")
                .expect(200);
    }

    @Test
    void isForAdministratorsOfTheCluster() {
        server.as(server.newOperator(cluster, "viewer"))
                .patch("/clusters/" + cluster, "{}")
                .expectProblem(403, "not-permitted");
        server.as(server.newOperator(server.newCluster(), "admin"))
                .patch("/clusters/" + cluster, "{}")
                .expectProblem(403, "not-permitted");
        server.as(server.newNode(cluster, "worker-1"))
                .patch("/clusters/" + cluster, "{}")
                .expectProblem(403, "not-permitted");
    }

    @Test
    void wakesWhoWaitsForAnotherVersion() throws Exception {
        TestClient node = server.as(server.newNode(cluster, "cp-1", "[\"control-plane\"]"));
        CompletableFuture<TestClient.Answer> waiting = node.getLater(path(version(node), "PT60S"));
        assertThat(waiting).isNotDone();

        Instant began = Instant.now();
        change("{\"extraNames\": [\"api.example.org\"]}").expect(200);

        JsonNode assignment = waiting.get(30, TimeUnit.SECONDS).expect(200);
        assertThat(texts(assigned(assignment, "kube-apiserver").get("dnsNames")))
                .contains("api.example.org");
        assertThat(Duration.between(began, Instant.now())).isLessThan(Duration.ofSeconds(30));
    }

    @Test
    void wakesANodeForWhatConcernsItAlone() throws Exception {
        TestClient one = server.as(server.newNode(cluster, "worker-1"));
        TestClient other = server.as(server.newNode(cluster, "worker-2"));
        CompletableFuture<TestClient.Answer> waiting = one.getLater(path(version(one), "PT60S"));
        CompletableFuture<TestClient.Answer> untouched = other.getLater(path(version(other), "PT2S"));

        admin.post("/clusters/" + cluster + "/nodes/worker-1/renew", "{}").expect(200);

        assertThat(waiting.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
        assertThat(untouched.get(30, TimeUnit.SECONDS).status()).isEqualTo(204);
    }

    @Test
    void answersAtOnceWhereTheVersionIsAnother() {
        TestClient node = server.as(server.newNode(cluster, "worker-1"));
        node.get(path("other", "PT60S")).expect(200);
        assertThat(node.get(path(version(node), "PT0S")).status()).isEqualTo(204);
        node.get("/agent/assignment?wait=PT61S").expectProblem(400, "malformed-request");
        node.get("/agent/assignment?wait=-PT1S").expectProblem(400, "malformed-request");
        node.get("/agent/assignment?wait=soon").expectProblem(400, "malformed-request");
    }

    private TestClient.Answer change(String body) {
        return admin.patch("/clusters/" + cluster, body);
    }

    private static String version(TestClient node) {
        return node.get("/agent/assignment").expect(200).get("version").asString();
    }

    private static String path(String version, String wait) {
        return "/agent/assignment?version=" + version + "&wait=" + wait;
    }

    private static JsonNode assigned(JsonNode assignment, String profile) {
        for (JsonNode certificate : assignment.get("certificates")) {
            if (certificate.get("profile").asString().equals(profile)) {
                return certificate;
            }
        }
        throw new AssertionError("not assigned: " + profile);
    }

    private static List<String> texts(JsonNode array) {
        return array.valueStream().map(JsonNode::asString).toList();
    }
}
