package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** One node of a cluster at a time restarts a component, and none after one that went wrong. */
class RestartLeaseTest {
    private static final Duration LIFETIME = Duration.ofMinutes(10);

    private final Rotating rotating = Rotating.shared();
    private final TestServer server = rotating.server();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();
    private final TestClient one = server.as(server.newNode(cluster, "cp-1", "[\"control-plane\", \"etcd\"]"));
    private final TestClient other = server.as(server.newNode(cluster, "cp-2", "[\"control-plane\", \"etcd\"]"));

    @Test
    void givesOneLeaseInAClusterUntilItEndsHealthy() {
        JsonNode lease = ask(one, "etcd").expect(201);
        assertThat(lease.get("component").asString()).isEqualTo("etcd");
        assertThat(Instant.parse(lease.get("expiresAt").asString()))
                .isBetween(
                        rotating.clock().instant().plus(LIFETIME).minusSeconds(60),
                        rotating.clock().instant().plus(LIFETIME));

        assertThat(ask(one, "etcd").expect(201)).as("asked again").isEqualTo(lease);
        ask(one, "kube-apiserver").expectProblem(409, "restart-lease-taken");
        TestClient.Answer taken = ask(other, "etcd");
        taken.expectProblem(409, "restart-lease-taken");
        assertThat(Integer.parseInt(taken.header("Retry-After"))).isBetween(1, 60);
        assertThat(taken.text()).contains("etcd on cp-1", lease.get("id").asString());
        assertThat(states()).containsExactly("held");

        end(one, lease, true).expect(204);
        end(one, lease, true).expect(204);
        assertThat(states()).containsExactly("healthy");
        ask(other, "etcd").expect(201);
    }

    @Test
    void doesNotHoldUpOtherClusters() {
        ask(one, "etcd").expect(201);
        TestClient elsewhere = server.as(server.newNode(server.newCluster(), "cp-1", "[\"etcd\"]"));
        ask(elsewhere, "etcd").expect(201);
    }

    @Test
    void givesNoOtherAfterAnUnhealthyEndUntilThatNodeIsHealthy() {
        JsonNode lease = ask(one, "etcd").expect(201);
        end(one, lease, false).expect(204);
        for (TestClient node : List.of(one, other)) {
            ask(node, "etcd").expectProblem(409, "restart-lease-taken");
        }
        rotating.clock().advance(LIFETIME.multipliedBy(2));
        ask(other, "etcd").expectProblem(409, "restart-lease-taken");
        assertThat(states()).containsExactly("unhealthy");

        end(other, lease, true).expectProblem(404, "not-found");
        ask(other, "etcd").expectProblem(409, "restart-lease-taken");
        end(one, lease, true).expect(204);
        ask(other, "etcd").expect(201);
    }

    @Test
    void givesNoOtherAfterOneThatNobodyEnded() {
        JsonNode lease = ask(one, "kubelet").expect(201);
        rotating.clock().advance(LIFETIME.minusSeconds(30));
        assertThat(ask(one, "kubelet").expect(201).get("id")).isEqualTo(lease.get("id"));
        rotating.clock().advance(Duration.ofSeconds(31));
        ask(other, "kubelet").expectProblem(409, "restart-lease-taken");
        ask(one, "kubelet").expectProblem(409, "restart-lease-taken");
        assertThat(states()).containsExactly("lapsed");

        end(one, lease, true).expect(204);
        ask(other, "kubelet").expect(201);
    }

    @Test
    void letsAnOperatorClearWhatIsInTheWay() {
        JsonNode lease = ask(one, "etcd").expect(201);
        end(one, lease, false).expect(204);
        String path =
                "/clusters/" + cluster + "/restart-leases/" + lease.get("id").asString();
        one.delete(path).expectProblem(403, "not-permitted");
        server.as(server.newOperator(cluster, "viewer")).delete(path).expectProblem(403, "not-permitted");

        admin.delete(path).expect(204);
        admin.delete(path).expect(204);

        assertThat(states()).containsExactly("cleared");
        ask(other, "etcd").expect(201);
        end(one, lease, true).expect(204);
        ask(one, "etcd").expectProblem(409, "restart-lease-taken");
        assertThat(admin.get("/audit-events?cluster=" + cluster + "&type=restart-lease-cleared")
                        .expect(200)
                        .get("items"))
                .hasSize(1);
    }

    @Test
    void isNotHeldUpByANodeThatLeft() {
        ask(one, "etcd").expect(201);
        admin.post("/clusters/" + cluster + "/nodes/cp-1/retire").expect(200);
        ask(other, "etcd").expect(201);
    }

    @Test
    void givesOneOfManyWhoAskAtOnce() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Integer>> asked = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                asked.add(() -> ask(one, "etcd").status());
                asked.add(() -> ask(other, "etcd").status());
            }
            List<Integer> statuses = new ArrayList<>();
            for (Future<Integer> answer : threads.invokeAll(asked)) {
                statuses.add(answer.get());
            }
            assertThat(statuses).hasSize(8).containsOnly(201, 409);
            assertThat(statuses).filteredOn(status -> status == 201).hasSize(4);
        }
        assertThat(states()).containsExactly("held");
    }

    @Test
    void refusesWhatMakesNoSense() {
        ask(one, "coredns").expectViolation("component");
        one.post("/agent/restart-leases", "{\"component\": \"etcd\", \"reason\": \" \"}")
                .expectViolation("reason");
        one.post("/agent/restart-leases", "{\"component\": \"etcd\", \"reason\": \"" + "x".repeat(501) + "\"}")
                .expectViolation("reason");
        one.post("/agent/restart-leases/nonsense/end", "{\"healthy\": true}").expectProblem(404, "not-found");
        one.post("/agent/restart-leases/nonsense/end", "{}").expectProblem(400, "missing-field");
        admin.delete("/clusters/" + cluster + "/restart-leases/nonsense").expectProblem(404, "not-found");
        admin.post("/agent/restart-leases", "{\"component\": \"etcd\", \"reason\": \"x\"}")
                .expectProblem(403, "not-permitted");
        assertThat(states()).isEmpty();
    }

    private static TestClient.Answer ask(TestClient node, String component) {
        return node.post(
                "/agent/restart-leases", "{\"component\": \"" + component + "\", \"reason\": \"etcd has a new CA\"}");
    }

    private static TestClient.Answer end(TestClient node, JsonNode lease, boolean healthy) {
        return node.post(
                "/agent/restart-leases/" + lease.get("id").asString() + "/end",
                "{\"healthy\": " + healthy + ", \"detail\": \"as seen\"}");
    }

    private List<String> states() {
        return admin.get("/clusters/" + cluster + "/restart-leases")
                .expect(200)
                .get("items")
                .valueStream()
                .map(lease -> lease.get("state").asString())
                .toList();
    }
}
