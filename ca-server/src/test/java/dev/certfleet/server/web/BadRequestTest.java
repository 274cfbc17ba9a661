package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestServer;
import java.net.http.HttpRequest;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What is not a request of this API is refused, by name, and changes nothing. */
class BadRequestTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();

    @Test
    void refusesBodyThatIsNotJson() {
        admin.post("/clusters", "name: prod").expectProblem(400, "not-json");
        admin.post("/clusters", "{\"name\": \"prod\"").expectProblem(400, "not-json");
        admin.post("/clusters", "").expectProblem(400, "not-json");
        admin.post("/clusters", "null").expectProblem(400, "not-json");
        admin.post("/clusters", "{\"name\": \"a\"} {\"name\": \"b\"}").expect(400);
        admin.post("/clusters", "{\"name\": \"a\", \"name\": \"b\"}").expect(400);
    }

    @Test
    void refusesUnknownField() {
        JsonNode problem = admin.post("/clusters", "{\"name\": \"prod\", \"colour\": \"red\"}")
                .expectProblem(400, "unknown-field");
        assertThat(problem.get("detail").asString()).contains("'colour'").contains("domain");
    }

    @Test
    void refusesUnknownFieldInside() {
        JsonNode problem = admin.post(
                        "/operators",
                        "{\"name\": \"x\", \"grants\": [{\"cluster\": \"*\", \"role\": \"viewer\", \"x\": 1}], \"csr\": \"\"}")
                .expectProblem(400, "unknown-field");
        assertThat(problem.get("detail").asString()).contains("'grants[0].x'");
    }

    @Test
    void refusesMissingFieldsAllAtOnce() {
        JsonNode problem =
                admin.post("/operators", "{\"grants\": [{\"cluster\": \"*\"}]}").expectProblem(400, "missing-field");
        assertThat(problem.get("detail").asString())
                .contains("name")
                .contains("csr")
                .contains("grants[0].role");
    }

    @Test
    void refusesWrongTypes() {
        assertThat(admin.post("/clusters", "{\"name\": 7}")
                        .expectProblem(400, "wrong-type")
                        .get("detail")
                        .asString())
                .isEqualTo("'name' is not a text");
        admin.post("/clusters", "{\"name\": \"a\", \"serviceCidrs\": \"10.0.0.0/8\"}")
                .expectProblem(400, "wrong-type");
        admin.post("/clusters", "[]").expectProblem(400, "wrong-type");
        String tokens = "/clusters/" + server.newCluster() + "/enrolment-tokens";
        for (String uses : new String[] {"\"3\"", "1.5", "true", "99999999999"}) {
            admin.post(tokens, "{\"nodeNamePattern\": \"*\", \"roles\": [\"worker\"], \"maxUses\": " + uses + "}")
                    .expectProblem(400, "wrong-type");
        }
        assertThat(admin.post(
                                "/operators",
                                "{\"name\": \"x\", \"grants\": [{\"cluster\": \"*\", \"role\": \"root\"}], \"csr\": \"\"}")
                        .expectProblem(400, "wrong-type")
                        .get("detail")
                        .asString())
                .contains("admin, viewer");
    }

    @Test
    void refusesBodyThatIsTooLarge() {
        String large = "{\"name\": \"" + "x".repeat(300_000) + "\"}";
        admin.post("/clusters", large).expectProblem(413, "body-too-large");
        server.anonymous().post("/enrolments", large).expectProblem(413, "body-too-large");
    }

    @Test
    void refusesLargeBodyThatDoesNotSayItsLength() {
        byte[] large = new byte[1 << 20];
        admin.send(admin.request("/clusters", "Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(large))))
                .expectProblem(413, "body-too-large");
    }

    @Test
    void refusesMegabyteOfNames() {
        server.anonymous()
                .post(
                        "/enrolments",
                        "{\"token\": \"x\", \"nodeName\": \"x\", \"roles\": [], \"addresses\": [], \"csr\": \""
                                + "A".repeat(1 << 20) + "\"}")
                .expectProblem(413, "body-too-large");
    }

    @Test
    void refusesOtherMediaTypes() {
        admin.send(admin.request("/clusters", "Content-Type", "text/plain")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"name\": \"prod\"}")))
                .expectProblem(415, "unsupported-media-type");
        admin.send(admin.request("/clusters", "Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("name=prod")))
                .expectProblem(415, "unsupported-media-type");
        admin.get("/clusters", "Accept", "image/png").expectProblem(406, "not-acceptable");
    }

    @Test
    void refusesUnknownParameters() {
        JsonNode problem = admin.get("/certificates?clsuter=prod").expectProblem(400, "unknown-parameter");
        assertThat(problem.get("detail").asString()).contains("'clsuter'").contains("cluster");
    }

    @Test
    void refusesUnusableParameters() {
        for (String query : new String[] {
            "limit=0",
            "limit=1001",
            "limit=x",
            "cursor=!",
            "cursor=bm8",
            "status=fine",
            "serial=xyz",
            "expiresBefore=tomorrow",
            "expiresBefore=%2B1000000-01-01T00:00:00Z",
            "expiresBefore=-1000000000-01-01T00:00:00Z",
            "node=a%00b",
            "cluster=%00",
            "cursor=AA"
        }) {
            admin.get("/certificates?" + query).expectProblem(400, "malformed-request");
        }
        for (String list : new String[] {"/clusters", "/operators", "/revocations", "/audit-events"}) {
            admin.get(list + "?cursor=AA").expectProblem(400, "malformed-request");
        }
        String cluster = server.newCluster();
        admin.get("/clusters/" + cluster + "/nodes?cursor=AA").expectProblem(400, "malformed-request");
        admin.get("/audit-events?type=%00").expectProblem(400, "malformed-request");
        String feed = "/clusters/" + cluster + "/feed?";
        for (String query : new String[] {"after=-1", "wait=PT61S", "wait=soon", "wait=-PT1S", "limit=9999"}) {
            admin.get(feed + query).expectProblem(400, "malformed-request");
        }
    }

    @Test
    void refusesMalformedIds() {
        admin.get("/certificates/xyz").expectProblem(400, "malformed-request");
        admin.get("/certificates/" + "A".repeat(64)).expectProblem(400, "malformed-request");
        admin.get("/revocations/1").expectProblem(400, "malformed-request");
        admin.post("/revocations", "{\"certificate\": \"xyz\", \"reason\": \"unspecified\"}")
                .expectProblem(400, "malformed-request");
    }

    @Test
    void saysWhatDoesNotExist() {
        String cluster = server.newCluster();
        String id = "3b0b4cc5-7a53-4a39-9df3-000000000000";
        admin.get("/no-such-resource").expectProblem(404, "not-found");
        admin.get("/clusters/none").expectProblem(404, "not-found");
        admin.get("/authorities/none").expectProblem(404, "not-found");
        admin.get("/clusters/" + cluster + "/nodes/none").expectProblem(404, "not-found");
        admin.post("/clusters/" + cluster + "/nodes/none/retire").expectProblem(404, "not-found");
        admin.get("/clusters/" + cluster + "/trust-bundles/none").expectProblem(404, "not-found");
        admin.delete("/clusters/" + cluster + "/enrolment-tokens/" + id).expectProblem(404, "not-found");
        admin.get("/revocations/" + id).expectProblem(404, "not-found");
        admin.post("/revocations/" + id + "/release").expectProblem(404, "not-found");
        admin.delete("/operators/none").expectProblem(404, "not-found");
        admin.delete("/clusters/" + cluster).expectProblem(405, "method-not-allowed");
    }

    @Test
    void answersOddPathsWithProblemsToo() {
        for (String path :
                new String[] {"/../../etc/passwd", "/clusters/%2e%2e", "/clusters/a%00b", "/clusters/;x=1", "//"}) {
            TestClient.Answer answer = admin.get(path);
            assertThat(answer.status()).as(path).isBetween(400, 404);
            assertThat(answer.text()).as(path).doesNotContain("Exception", "dev.certfleet", "jetty", "Jetty");
        }
    }

    @Test
    void refusesClustersThatCannotBe() {
        for (String body : new String[] {
            "{\"name\": \"Prod\"}",
            "{\"name\": \"a.b\"}",
            "{\"name\": \"" + "a".repeat(41) + "\"}",
            "{\"name\": \"x\", \"domain\": \"not a domain\"}",
            "{\"name\": \"x\", \"serviceCidrs\": [\"10.0.0.0\"]}",
            "{\"name\": \"x\", \"controlPlaneEndpoint\": \"http://x\"}",
            "{\"name\": \"x\", \"extraNames\": [\"*.x\"]}",
            "{\"name\": \"x\", \"keyAlgorithm\": \"dsa\"}",
            "{\"name\": \"x\", \"statusUrl\": \"https://x\"}",
            "{\"name\": \"x\", \"statusUrl\": \"http://x?y\"}",
            "{\"name\": \"x\", \"crlShards\": 0}",
            "{\"name\": \"x\", \"crlShards\": 1025}"
        }) {
            admin.post("/clusters", body).expectProblem(422, "request-refused");
        }
        admin.get("/clusters/x").expectProblem(404, "not-found");
    }

    @Test
    void refusesSecondClusterOfTheSameName() {
        String cluster = server.newCluster();
        admin.post("/clusters", "{\"name\": \"" + cluster + "\"}").expectProblem(409, "already-exists");
    }
}
