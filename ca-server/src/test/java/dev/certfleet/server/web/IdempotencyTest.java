package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A request that is sent again under its key is answered again and not done again. */
class IdempotencyTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String[] key = {"Idempotency-Key", TestServer.fresh("key")};

    @Test
    void returnsSameCertificateForSameIdempotencyKey() {
        String path = "/clusters/" + server.newCluster() + "/certificates";
        String body = TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request());

        String first = admin.post(path, body, key).expect(201).get("id").asString();

        assertThat(admin.post(path, body, key).expect(201).get("id").asString()).isEqualTo(first);
        assertThat(admin.post(path, body).expect(201).get("id").asString()).isNotEqualTo(first);
    }

    @Test
    void refusesSameKeyWithAnotherBody() {
        String path = "/clusters/" + server.newCluster() + "/certificates";
        admin.post(path, TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()), key)
                .expect(201);
        admin.post(path, TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()), key)
                .expectProblem(422, "idempotency-key-reused");

        String cluster = "{\"name\": \"" + TestServer.fresh("once") + "\"}";
        admin.post("/clusters", cluster, "Idempotency-Key", "k2-" + key[1]).expect(201);
        admin.post("/clusters", "{\"name\": \"" + TestServer.fresh("other") + "\"}", "Idempotency-Key", "k2-" + key[1])
                .expectProblem(422, "idempotency-key-reused");
    }

    @Test
    void keepsKeysOfDifferentCallersApart() {
        String cluster = server.newCluster();
        String path = "/clusters/" + cluster + "/enrolment-tokens";
        String body = "{\"nodeNamePattern\": \"*\", \"roles\": [\"worker\"]}";
        TestClient other = server.as(server.newOperator(cluster, "admin"));

        String first = admin.post(path, body, key).expect(201).get("id").asString();

        assertThat(other.post(path, body, key).expect(201).get("id").asString()).isNotEqualTo(first);
    }

    @Test
    void returnsTokenAgainWithoutItsSecret() {
        String path = "/clusters/" + server.newCluster() + "/enrolment-tokens";
        String body = "{\"nodeNamePattern\": \"*\", \"roles\": [\"worker\"]}";

        JsonNode first = admin.post(path, body, key).expect(201);
        JsonNode second = admin.post(path, body, key).expect(201);

        assertThat(first.get("token").asString()).startsWith("cft_");
        assertThat(second.get("id")).isEqualTo(first.get("id"));
        assertThat(second.has("token")).isFalse();
        assertThat(admin.get(path).expect(200).get("items")).hasSize(1);
        assertThat(admin.get(path).text()).doesNotContain("cft_");
    }

    @Test
    void makesOneClusterOfManyRequestsAtOnce() throws Exception {
        String body = "{\"name\": \"" + TestServer.fresh("race") + "\"}";
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<JsonNode>> same = Stream.<Callable<JsonNode>>generate(
                            () -> () -> admin.post("/clusters", body, key).expect(201))
                    .limit(8)
                    .toList();
            List<Future<JsonNode>> answers = threads.invokeAll(same);
            JsonNode first = answers.getFirst().get();
            for (Future<JsonNode> answer : answers) {
                assertThat(answer.get()).isEqualTo(first);
            }
        }
    }

    @Test
    void triesAgainAfterARefusal() {
        String name = TestServer.fresh("later");
        TestIdentity.Request request = TestIdentity.request();
        String cluster = TestServer.fresh("not-yet");
        String body = "{\"name\": \"" + name + "\", \"grants\": [{\"cluster\": \"" + cluster
                + "\", \"role\": \"viewer\"}], \"csr\": " + TestClient.quoted(request.pem()) + "}";
        admin.post("/operators", body, key).expectProblem(422, "request-refused");
        admin.post("/clusters", "{\"name\": \"" + cluster + "\"}").expect(201);
        JsonNode created = admin.post("/operators", body, key).expect(201);
        assertThat(admin.post("/operators", body, key).expect(201)).isEqualTo(created);
        admin.post("/operators", body).expectProblem(409, "already-exists");
    }

    @Test
    void answersEnrolmentAgainAfterTheTokensLastUse() {
        String cluster = server.newCluster();
        String token = server.newToken(cluster, "worker-*", "[\"worker\"]", 1);
        String body = TestServer.enrolment(token, "worker-1", TestIdentity.request());
        JsonNode first = server.anonymous().post("/enrolments", body, key).expect(201);
        assertThat(server.anonymous().post("/enrolments", body, key).expect(201))
                .isEqualTo(first);
        server.anonymous()
                .post("/enrolments", TestServer.enrolment(token, "worker-2", TestIdentity.request()))
                .expectProblem(403, "token-used-up");
    }

    @Test
    void refusesUnusableKeys() {
        admin.post("/clusters", "{\"name\": \"x\"}", "Idempotency-Key", "with space")
                .expectProblem(400, "malformed-request");
        admin.post("/clusters", "{\"name\": \"x\"}", "Idempotency-Key", "x".repeat(201))
                .expectProblem(400, "malformed-request");
    }
}
