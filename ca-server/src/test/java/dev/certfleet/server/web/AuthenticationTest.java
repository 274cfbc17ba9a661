package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Who is let in, and by what. */
class AuthenticationTest {
    private final TestServer server = TestServer.shared();

    @Test
    void letsTheFirstOperatorIn() {
        assertThat(server.admin().get("/clusters").expect(200).get("items").isArray())
                .isTrue();
    }

    @Test
    void refusesCallersWithoutCertificate() {
        server.anonymous().get("/clusters").expectProblem(401, "not-authenticated");
        server.anonymous().get("/no-such-thing").expectProblem(401, "not-authenticated");
    }

    @Test
    void refusesCertificateThatWasNeverIssuedHere() throws Exception {
        server.as(SelfSigned.named("admin")).get("/clusters").expectProblem(401, "certificate-unknown");
    }

    @Test
    void refusesCertificateOfAnotherProfile() {
        String cluster = server.newCluster();
        TestIdentity.Request request = TestIdentity.request();
        JsonNode issued = server.admin()
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, request))
                .expect(201);
        server.as(request.issued(issued.get("certificate").asString()))
                .get("/clusters")
                .expectProblem(401, "certificate-not-an-identity");
    }

    @Test
    void refusesOperatorFromTheNextRequestOnAfterRevocation() {
        TestIdentity operator = server.newOperator("*", "viewer");
        TestClient client = server.as(operator);
        client.get("/clusters").expect(200);
        server.admin()
                .post("/revocations", "{\"certificate\": \"" + operator.id() + "\", \"reason\": \"keyCompromise\"}")
                .expect(201);
        client.get("/clusters").expectProblem(401, "certificate-revoked");
    }

    @Test
    void letsOperatorInAgainWhoseHoldWasReleased() {
        TestIdentity operator = server.newOperator("*", "viewer");
        String revocation = server.admin()
                .post("/revocations", "{\"certificate\": \"" + operator.id() + "\", \"reason\": \"certificateHold\"}")
                .expect(201)
                .get("id")
                .asString();
        server.as(operator).get("/clusters").expectProblem(401, "certificate-revoked");
        server.admin().post("/revocations/" + revocation + "/release").expect(200);
        server.as(operator).get("/clusters").expect(200);
        server.admin().post("/revocations/" + revocation + "/release").expectProblem(409, "not-a-hold");
    }

    @Test
    void refusesNodeThatWasRetired() {
        String cluster = server.newCluster();
        TestIdentity node = server.newNode(cluster, "worker-1");
        server.as(node).get("/agent/assignment").expect(200);
        server.admin().post("/clusters/" + cluster + "/nodes/worker-1/retire").expect(200);
        server.as(node).get("/agent/assignment").expectProblem(401, "certificate-revoked");
    }

    @Test
    void keepsOldIdentityUntilTheNewOneIsUsedAndThenTakesItForAClone() {
        String cluster = server.newCluster();
        TestIdentity old = server.newNode(cluster, "worker-1");
        server.as(old).get("/agent/assignment").expect(200);
        TestIdentity renewed = renew(old, old);
        server.as(old).get("/agent/assignment").expect(200);

        server.as(renewed).get("/agent/assignment").expect(200);

        server.as(old).get("/agent/assignment").expectProblem(401, "identity-superseded");
        server.as(renewed).get("/agent/assignment").expect(200);
        assertThat(server.admin()
                        .get("/audit-events?cluster=" + cluster + "&type=cloned-identity")
                        .expect(200)
                        .get("items"))
                .hasSize(1)
                .first()
                .extracting(event -> event.get("detail").get("node").asString())
                .isEqualTo("worker-1");
        assertThat(server.admin()
                        .get("/audit-events?cluster=" + cluster + "&type=alarm-raised")
                        .expect(200)
                        .get("items"))
                .hasSize(1);
    }

    @Test
    void revealsACloneThatRenewedForItself() {
        String cluster = server.newCluster();
        TestIdentity stolen = server.newNode(cluster, "worker-1");
        TestIdentity ofTheNode = renew(stolen, stolen);
        TestIdentity ofTheThief = renew(stolen, stolen);

        server.as(ofTheThief).get("/agent/assignment").expect(200);

        server.as(ofTheNode).get("/agent/assignment").expectProblem(401, "identity-superseded");
    }

    @Test
    void doesNotGiveIdentitiesOnRequest() {
        String cluster = server.newCluster();
        TestIdentity node = server.newNode(cluster, "worker-1");
        JsonNode problem = server.as(node)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("node-identity", null, TestIdentity.request()))
                .expectProblem(422, "request-refused");
        assertThat(problem.get("violations").get(0).get("rule").asString()).isEqualTo("profile-not-on-request");
    }

    @Test
    void refusesWhatAnotherSitesPageSends() {
        server.admin().post("/clusters", "{}", "Sec-Fetch-Site", "cross-site").expectProblem(403, "cross-site-request");
        server.admin()
                .post("/clusters", "{}", "Origin", "https://evil.example")
                .expectProblem(403, "cross-site-request");
        server.admin().get("/clusters", "Sec-Fetch-Site", "same-origin").expect(200);
        server.admin().get("/clusters", "Origin", server.api()).expect(200);
    }

    private TestIdentity renew(TestIdentity caller, TestIdentity identity) {
        TestIdentity.Request request = TestIdentity.request();
        JsonNode issued = server.as(caller)
                .post(
                        "/certificates/" + identity.id() + "/renew",
                        "{\"csr\": " + TestClient.quoted(request.pem()) + "}")
                .expect(201);
        return request.issued(issued.get("certificate").asString());
    }
}
