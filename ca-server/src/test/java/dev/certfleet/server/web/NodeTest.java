package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** How nodes come, what they say, and how they leave. */
class NodeTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();

    @Test
    void enrolsWithATokenAndHoldsWhatItsRoleSays() {
        TestIdentity node = server.newNode(cluster, "worker-1");
        JsonNode assignment = server.as(node).get("/agent/assignment").expect(200);
        assertThat(assignment.get("nodeName").asString()).isEqualTo("worker-1");
        assertThat(assignment.get("certificates"))
                .extracting(certificate -> certificate.get("profile").asString())
                .containsExactlyInAnyOrder("kubelet-client", "kubelet-serving", "kube-proxy", "node-identity");
        assertThat(assignment.get("bundles").has("kubernetes")).isTrue();
        assertThat(assignment.get("crlUrls").get("kubernetes").asString())
                .endsWith("/crl/" + cluster + "-kubernetes-1.crl");
        assertThat(assignment.get("crlUrls").get("etcd").asString())
                .as("one file for all generations")
                .endsWith("/crl/" + cluster + "-etcd-1.indirect.crl");
        JsonNode shown = admin.get("/clusters/" + cluster + "/nodes/worker-1").expect(200);
        assertThat(shown.get("state").asString()).isEqualTo("active");
        assertThat(shown.get("addresses").get(0).asString()).isEqualTo("192.0.2.10");
    }

    @Test
    void keepsWhatANodeSaysOfItself() {
        TestIdentity node = server.newNode(cluster, "worker-1");
        server.as(node)
                .post(
                        "/agent/reports",
                        "{\"agentVersion\": \"1\", \"at\": \"2026-11-24T00:00:00Z\", \"certificates\": [{\"profile\":"
                                + " \"kubelet-client\", \"state\": \"published\"}]}")
                .expect(204);
        JsonNode shown = admin.get("/clusters/" + cluster + "/nodes")
                .expect(200)
                .get("items")
                .get(0);
        assertThat(shown.get("report").get("certificates").get(0).get("state").asString())
                .isEqualTo("published");
        assertThat(shown.has("lastSeenAt")).isTrue();
    }

    @Test
    void makesAnAuditEventOfAnAlarm() {
        TestIdentity node = server.newNode(cluster, "worker-1");
        server.as(node)
                .post(
                        "/agent/alarms",
                        "{\"kind\": \"unknown-credential\", \"credentialId\": \"abc\", \"detail\": \"seen\\nhere\", \"at\":"
                                + " \"2026-11-24T00:00:00Z\"}")
                .expect(204);
        JsonNode event = admin.get("/audit-events?cluster=" + cluster + "&type=alarm-raised")
                .expect(200)
                .get("items")
                .get(0);
        assertThat(event.get("actor").asString()).isEqualTo("node:" + cluster + "/worker-1");
        assertThat(event.get("detail").get("kind").asString()).isEqualTo("unknown-credential");
        assertThat(event.get("detail").get("detail").asString()).isEqualTo("seen here");
    }

    @Test
    void refusesTokensThatAreNoGood() {
        TestIdentity.Request request = TestIdentity.request();
        TestClient anybody = server.anonymous();
        anybody.post("/enrolments", TestServer.enrolment("cft_misspelt", "worker-1", request))
                .expectProblem(403, "token-unknown");

        String withdrawn = server.newToken(cluster, "*", "[\"worker\"]", 1);
        String id = admin.get("/clusters/" + cluster + "/enrolment-tokens")
                .expect(200)
                .get("items")
                .get(0)
                .get("id")
                .asString();
        admin.delete("/clusters/" + server.newCluster() + "/enrolment-tokens/" + id)
                .expectProblem(404, "not-found");
        admin.delete("/clusters/" + cluster + "/enrolment-tokens/" + id).expect(204);
        anybody.post("/enrolments", TestServer.enrolment(withdrawn, "worker-1", request))
                .expectProblem(403, "token-withdrawn");

        String narrow = server.newToken(cluster, "worker-*", "[\"worker\"]", 1);
        JsonNode problem = anybody.post("/enrolments", TestServer.enrolment(narrow, "control-1", request))
                .expectProblem(422, "request-refused");
        assertThat(problem.get("violations").get(0).get("rule").asString()).isEqualTo("node-name-not-granted");
        assertThat(admin.get("/clusters/" + cluster + "/nodes").expect(200).get("items"))
                .isEmpty();
    }

    @Test
    void neverGivesAnAddressAwayThatAnotherNodeHas() {
        server.newNode(cluster, "worker-1");
        String token = server.newToken(cluster, "*", "[\"worker\"]", 1);
        String claims = TestServer.enrolment(token, "worker-2", TestIdentity.request())
                .replace("\"192.0.2.20\"", "\"2001:db8::7\", \"192.0.2.10\"");
        JsonNode problem = server.anonymous().post("/enrolments", claims).expectProblem(422, "request-refused");
        assertThat(problem.get("violations").get(0).get("rule").asString()).isEqualTo("address-taken");

        admin.post("/clusters/" + cluster + "/nodes/worker-1/retire").expect(200);
        server.anonymous()
                .post("/enrolments", claims, "Idempotency-Key", "again")
                .expect(201);
    }

    @Test
    void neverGivesANameAwayThatHasAnIdentity() {
        server.newNode(cluster, "worker-1");
        String token = server.newToken(cluster, "*", "[\"worker\"]", 2);
        String body = TestServer.enrolment(token, "worker-1", TestIdentity.request());
        server.anonymous().post("/enrolments", body).expectProblem(409, "node-name-taken");

        admin.post("/clusters/" + cluster + "/nodes/worker-1/reinstall").expect(200);
        server.anonymous().post("/enrolments", body).expect(201);
        server.anonymous()
                .post("/enrolments", TestServer.enrolment(token, "worker-1", TestIdentity.request()))
                .expectProblem(409, "node-name-taken");
    }

    @Test
    void endsTheOldIdentityWithAReinstall() {
        TestIdentity old = server.newNode(cluster, "worker-1");
        admin.post("/clusters/" + cluster + "/nodes/worker-1/reinstall").expect(200);
        server.as(old).get("/agent/assignment").expect(200);
        TestIdentity reinstalled = server.newNode(cluster, "worker-1");
        server.as(old).get("/agent/assignment").expectProblem(401, "certificate-revoked");
        server.as(reinstalled).get("/agent/assignment").expect(200);
    }

    @Test
    void asksTheNodeToReplaceACertificateThatWasRevokedForItsKey() {
        TestIdentity node = server.newNode(cluster, "worker-1");
        TestIdentity.Request request = TestIdentity.request();
        String certificates = "/clusters/" + cluster + "/certificates";
        String id = server.as(node)
                .post(certificates, TestClient.certificateRequest("kubelet-client", null, request))
                .expect(201)
                .get("id")
                .asString();
        assertThat(renewBefore(node, "kubelet-client")).isEmpty();

        admin.post("/revocations", "{\"certificate\": \"" + id + "\", \"reason\": \"keyCompromise\"}")
                .expect(201);

        assertThat(renewBefore(node, "kubelet-client")).isNotEmpty();
        assertThat(renewBefore(node, "kubelet-serving")).isEmpty();
        JsonNode problem = server.as(node)
                .post(certificates, TestClient.certificateRequest("kubelet-client", null, request))
                .expectProblem(422, "request-refused");
        assertThat(problem.get("violations").get(0).get("rule").asString()).isEqualTo("compromised-key");
        server.as(node)
                .post(certificates, TestClient.certificateRequest("kubelet-client", null, TestIdentity.request()))
                .expect(201);
    }

    @Test
    void revokesEveryCertificateOfACompromisedKey() {
        TestIdentity node = server.newNode(cluster, "worker-1");
        TestIdentity.Request kept = TestIdentity.request();
        String body = TestClient.certificateRequest("kubelet-client", null, kept);
        String certificates = "/clusters/" + cluster + "/certificates";
        String first =
                server.as(node).post(certificates, body).expect(201).get("id").asString();
        String renewed =
                server.as(node).post(certificates, body).expect(201).get("id").asString();
        assertThat(renewed).isNotEqualTo(first);

        admin.post("/revocations", "{\"certificate\": \"" + first + "\", \"reason\": \"keyCompromise\"}")
                .expect(201);

        JsonNode other = admin.get("/certificates/" + renewed).expect(200);
        assertThat(other.get("status").asString()).isEqualTo("revoked");
        assertThat(other.get("reason").asString()).isEqualTo("keyCompromise");
    }

    @Test
    void asksANodeToRenewWhatTheOperatorNames() {
        TestIdentity node = server.newNode(cluster, "worker-1");
        String renew = "/clusters/" + cluster + "/nodes/worker-1/renew";
        admin.post(renew, "{\"profiles\": [\"kubelet-serving\"]}").expect(200);
        assertThat(renewBefore(node, "kubelet-serving")).isNotEmpty();
        assertThat(renewBefore(node, "kubelet-client")).isEmpty();
        admin.post(renew, "{}").expect(200);
        assertThat(renewBefore(node, "kubelet-client")).isNotEmpty();
        admin.post(renew, "{\"profiles\": [\"kubelet\"]}").expectProblem(422, "request-refused");
        admin.post(renew, "{\"profiles\": [\"etcd-peer\"]}").expectProblem(422, "request-refused");
        admin.post("/clusters/" + cluster + "/nodes/worker-1/retire").expect(200);
        admin.post(renew, "{}").expectProblem(422, "request-refused");
    }

    private String renewBefore(TestIdentity node, String profile) {
        for (JsonNode certificate :
                server.as(node).get("/agent/assignment").expect(200).get("certificates")) {
            if (certificate.get("profile").asString().equals(profile)) {
                return certificate.path("renewBefore").asString("");
            }
        }
        throw new AssertionError("not assigned: " + profile);
    }

    @Test
    void revokesAllThatARetiredNodeHolds() {
        TestIdentity node = server.newNode(cluster, "worker-1");
        server.as(node)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubelet-client", null, TestIdentity.request()))
                .expect(201);
        assertThat(admin.post("/clusters/" + cluster + "/nodes/worker-1/retire")
                        .expect(200)
                        .get("state")
                        .asString())
                .isEqualTo("retired");
        assertThat(admin.get("/certificates?cluster=" + cluster + "&status=revoked")
                        .expect(200)
                        .get("items"))
                .hasSize(2);
    }

    @Test
    void listsInPages() {
        for (String name : new String[] {"a", "b", "c"}) {
            server.newNode(cluster, name);
        }
        JsonNode first = admin.get("/clusters/" + cluster + "/nodes?limit=2").expect(200);
        JsonNode second = admin.get("/clusters/" + cluster + "/nodes?limit=2&cursor="
                        + first.get("nextCursor").asString())
                .expect(200);
        assertThat(first.get("items")).hasSize(2);
        assertThat(second.get("items"))
                .singleElement()
                .extracting(node -> node.get("name").asString())
                .isEqualTo("c");
        assertThat(second.has("nextCursor")).isFalse();
    }
}
