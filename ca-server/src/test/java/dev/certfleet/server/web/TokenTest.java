package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** An enrolment token lets in whom it was made for, as often as it says, and nobody else. */
class TokenTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final TestClient anybody = server.anonymous();
    private final String cluster = server.newCluster();

    @Test
    void refusesAnythingButTheWholeSecret() {
        String token = server.newToken(cluster, "*", "[\"worker\"]", 1);
        String id = shown().get("id").asString();
        char last = token.charAt(token.length() - 1);
        OnRecord before = OnRecord.of(server);
        for (String wrong : List.of(
                token.substring(0, token.length() - 1),
                token.substring(0, token.length() - 1) + (last == 'A' ? 'B' : 'A'),
                token + "=",
                " " + token,
                token.substring(4),
                token.toUpperCase(Locale.ROOT),
                id,
                "cft_",
                "",
                "%",
                "x".repeat(100_000))) {
            enrol(wrong, "worker-1").expectProblem(403, "token-unknown");
        }
        before.assertUnchanged(server);
        enrol(token, "worker-1").expect(201);
    }

    @Test
    void refusesAUsedUpToken() {
        String token = server.newToken(cluster, "*", "[\"worker\"]", 1);
        enrol(token, "worker-1").expect(201);
        OnRecord before = OnRecord.of(server);

        enrol(token, "worker-2").expectProblem(403, "token-used-up");

        before.assertOnlyAudited(server);
        assertThat(nodes(cluster)).containsExactly("worker-1");
    }

    @Test
    void letsInNoMoreThanItSaysHoweverManyComeAtOnce() throws Exception {
        String token = server.newToken(cluster, "*", "[\"worker\"]", 2);
        List<Callable<TestClient.Answer>> all = IntStream.range(0, 6)
                .<Callable<TestClient.Answer>>mapToObj(i -> () -> enrol(token, "worker-" + i))
                .toList();
        int enrolled = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<TestClient.Answer> answer : threads.invokeAll(all)) {
                if (answer.get().status() == 201) {
                    enrolled++;
                } else {
                    answer.get().expectProblem(403, "token-used-up");
                }
            }
        }
        assertThat(enrolled).isEqualTo(2);
        assertThat(nodes(cluster)).hasSize(2);
        assertThat(shown().get("uses").asInt()).isEqualTo(2);
        assertThat(refusals()).hasSize(4);
        assertThat(admin.get("/certificates?cluster=" + cluster).expect(200).get("items"))
                .hasSize(2);
    }

    @Test
    void usesUpNothingWhereEnrolmentIsRefused() {
        String token = server.newToken(cluster, "worker-*", "[\"worker\"]", 1);

        enrol(token, "control-1").expectViolation("node-name-not-granted");
        anybody.post(
                        "/enrolments",
                        TestServer.enrolment(token, "worker-1", TestIdentity.request())
                                .replace("\"roles\": []", "\"roles\": [\"worker\", \"control-plane\"]"))
                .expectViolation("role-not-granted");
        anybody.post(
                        "/enrolments",
                        TestServer.enrolment(token, "worker-1", TestIdentity.request())
                                .replace("\"roles\": []", "\"roles\": [\"system:masters\"]"))
                .expectViolation("roles");

        assertThat(shown().get("uses").asInt()).isZero();
        assertThat(refusals()).hasSize(3);
        enrol(token, "worker-1").expect(201);
    }

    @ParameterizedTest
    @CsvSource({
        "worker-1, worker-1, true",
        "worker-1, worker-11, false",
        "worker.1, worker-1, false",
        "worker-*, worker-, false",
        "worker-*, worker-1, true",
        "*-a.b, x-a.b, true",
        "a*a, a, false",
        "a*b*c, a.b.x.c, true",
        "a*b*c, a.c, false",
        "a*bc*c, abc, false",
        "**, x, true",
        "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, false"
    })
    @Timeout(10)
    void fitsNamesOfItsPatternAndNoOthers(String pattern, String name, boolean fits) {
        TestClient.Answer answer = enrol(server.newToken(cluster, pattern, "[\"worker\"]", 1), name);
        if (fits) {
            answer.expect(201);
        } else {
            answer.expectViolation(name.endsWith("-") ? "node-name" : "node-name-not-granted");
        }
    }

    @Test
    void leadsIntoItsOwnClusterAndNoOther() {
        String other = server.newCluster();
        String token = server.newToken(cluster, "*", "[\"worker\"]", 1);
        String body = TestServer.enrolment(token, "worker-1", TestIdentity.request());
        OnRecord before = OnRecord.of(server);

        anybody.post("/enrolments", "{\"cluster\": \"" + other + "\", " + body.substring(1))
                .expectProblem(400, "unknown-field");
        before.assertUnchanged(server);
        JsonNode enrolled = anybody.post("/enrolments", body).expect(201);

        assertThat(enrolled.get("cluster").asString()).isEqualTo(cluster);
        assertThat(nodes(cluster)).containsExactly("worker-1");
        assertThat(nodes(other)).isEmpty();
    }

    @Test
    void neverBringsARetiredNodeBack() {
        server.newNode(cluster, "worker-1");
        admin.post("/clusters/" + cluster + "/nodes/worker-1/retire").expect(200);
        String token = server.newToken(cluster, "*", "[\"worker\"]", 1);
        OnRecord before = OnRecord.of(server);

        enrol(token, "worker-1").expectProblem(409, "node-name-taken");

        before.assertOnlyAudited(server);
    }

    @Test
    void refusesTokensThatCannotBe() {
        OnRecord before = OnRecord.of(server);
        create("\"nodeNamePattern\": \"\", \"roles\": [\"worker\"]").expectViolation("node-name-pattern");
        create("\"nodeNamePattern\": \"[a-z]+\", \"roles\": [\"worker\"]").expectViolation("node-name-pattern");
        create("\"nodeNamePattern\": \"*\", \"roles\": []").expectViolation("roles");
        create("\"nodeNamePattern\": \"*\", \"roles\": [\"master\"]").expectViolation("roles");
        for (String uses : List.of("0", "-1", "10001")) {
            create("\"nodeNamePattern\": \"*\", \"roles\": [\"worker\"], \"maxUses\": " + uses)
                    .expectViolation("max-uses");
        }
        for (String lifetime : List.of("PT0S", "-PT1H", "P91D", "PT0.9S", "P1Y", "1h", "PT9999999999999999H")) {
            create("\"nodeNamePattern\": \"*\", \"roles\": [\"worker\"], \"expiresIn\": \"" + lifetime + "\"")
                    .expectViolation("expires-in");
        }
        before.assertUnchanged(server);
    }

    private TestClient.Answer create(String fields) {
        return admin.post("/clusters/" + cluster + "/enrolment-tokens", "{" + fields + "}");
    }

    private TestClient.Answer enrol(String token, String node) {
        return anybody.post("/enrolments", TestServer.enrolment(token, node, TestIdentity.request()));
    }

    private JsonNode shown() {
        return admin.get("/clusters/" + cluster + "/enrolment-tokens")
                .expect(200)
                .get("items")
                .get(0);
    }

    private JsonNode refusals() {
        return admin.get("/audit-events?type=enrolment-refused&cluster=" + cluster)
                .expect(200)
                .get("items");
    }

    private List<String> nodes(String of) {
        return admin.get("/clusters/" + of + "/nodes")
                .expect(200)
                .get("items")
                .valueStream()
                .map(node -> node.get("name").asString())
                .toList();
    }
}
