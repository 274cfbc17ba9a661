package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** How an operator changes a node's addresses, roles and name. */
class NodeChangeTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();
    private final TestIdentity node = server.newNode(cluster, "worker-1");

    @Test
    void givesANodeOtherAddressesAndItsCertificatesFollow() {
        JsonNode changed = change("worker-1", "{\"addresses\": [\"192.0.2.11\", \"2001:DB8::0:7\", \"192.0.2.11\"]}")
                .expect(200);

        assertThat(texts(changed.get("addresses"))).containsExactly("192.0.2.11", "2001:db8:0:0:0:0:0:7");
        assertThat(texts(changed.get("roles"))).containsExactly("worker");
        assertThat(texts(assigned("kubelet-serving").get("addresses")))
                .containsExactly("192.0.2.11", "2001:db8:0:0:0:0:0:7");
        assertThat(certificate("kubelet-serving").get("addresses").toString()).contains("192.0.2.11");
        assertThat(event("node-changed").get("changes").get(0).asString())
                .isEqualTo("addresses: [192.0.2.10] -> [192.0.2.11, 2001:db8:0:0:0:0:0:7]");
    }

    @Test
    void keepsAnAddressFromOthersWhileACertificateCarriesIt() {
        certificate("kubelet-serving");
        change("worker-1", "{\"addresses\": [\"192.0.2.11\"]}").expect(200);

        server.newNode(cluster, "worker-2");
        change("worker-2", "{\"addresses\": [\"192.0.2.10\"]}").expectViolation("address-taken");
        change("worker-1", "{\"addresses\": [\"192.0.2.10\"]}").expect(200);
        change("worker-1", "{\"addresses\": [\"192.0.2.11\"]}").expect(200);

        admin.post("/clusters/" + cluster + "/nodes/worker-1/retire").expect(200);
        change("worker-2", "{\"addresses\": [\"192.0.2.10\"]}").expect(200);
    }

    @Test
    void givesAnAddressThatNoCertificateCarriedToTheNext() {
        server.newNode(cluster, "worker-2");
        change("worker-1", "{\"addresses\": [\"192.0.2.11\"]}").expect(200);
        change("worker-2", "{\"addresses\": [\"192.0.2.10\"]}").expect(200);
    }

    @Test
    void refusesAddressesThatAreNotTheNodesToHave() {
        server.newNode(cluster, "worker-2");
        change("worker-1", "{\"addresses\": [\"192.0.2.20\"]}").expectViolation("address-taken");
        change("worker-1", "{\"addresses\": [\"127.0.0.1\"]}").expectViolation("addresses");
        change("worker-1", "{\"addresses\": [\"here\"]}").expectViolation("addresses");
        change("worker-1", "{\"addresses\": [\"10.96.0.1\"]}").expectViolation("reserved-name");
        assertThat(texts(admin.get("/clusters/" + cluster + "/nodes/worker-1")
                        .expect(200)
                        .get("addresses")))
                .containsExactly("192.0.2.10");
    }

    @Test
    void addsWhatANewRoleBrings() {
        change("worker-1", "{\"roles\": [\"worker\", \"etcd\"]}").expect(200);
        assertThat(assigned("etcd-server").get("commonName").asString()).isEqualTo("worker-1");
        certificate("etcd-server");
        change("worker-1", "{\"roles\": []}").expectViolation("roles");
        change("worker-1", "{\"roles\": [\"king\"]}").expectViolation("roles");
    }

    @Test
    void revokesWhatANodeHoldsByARoleThatItHasNoMore() {
        change("worker-1", "{\"roles\": [\"worker\", \"etcd\"]}").expect(200);
        String etcd = certificate("etcd-server").get("id").asString();
        String kubelet = certificate("kubelet-client").get("id").asString();

        change("worker-1", "{\"roles\": [\"worker\"]}").expect(200);

        assertThat(status(etcd)).isEqualTo("revoked");
        assertThat(status(kubelet)).isEqualTo("good");
        assertThat(status(node.id())).isEqualTo("good");
        request("etcd-server").expectViolation("profile-not-of-role");
        assertThat(event("node-changed").get("certificatesRevoked").asInt()).isEqualTo(1);
    }

    @Test
    void changesNothingOfANodeThatIsOut() {
        admin.post("/clusters/" + cluster + "/nodes/worker-1/retire").expect(200);
        change("worker-1", "{\"addresses\": [\"192.0.2.11\"]}").expectViolation("node-retired");
        rename("worker-1", "worker-9").expectViolation("node-retired");
        change("nobody", "{}").expectProblem(404, "not-found");
        rename("nobody", "worker-9").expectProblem(404, "not-found");
    }

    @Test
    void lettingANodeChangeItselfIsNotAmongThem() {
        server.as(node)
                .patch("/clusters/" + cluster + "/nodes/worker-1", "{\"roles\": [\"control-plane\"]}")
                .expectProblem(403, "not-permitted");
    }

    @Test
    void renamesANodeWithTheFirstEnrolmentUnderTheNewName() {
        String kubelet = certificate("kubelet-client").get("id").asString();
        rename("worker-1", "worker-9").expect(200);
        server.as(node).get("/agent/assignment").expect(200);

        TestIdentity.Request request = TestIdentity.request();
        server.anonymous()
                .post(
                        "/enrolments",
                        TestServer.enrolment(server.newToken(cluster, "*", "[\"worker\"]", 1), "worker-9", request)
                                .replace(TestServer.address("worker-9"), "192.0.2.10"))
                .expect(201);

        server.as(node).get("/agent/assignment").expectProblem(401, "certificate-revoked");
        assertThat(status(kubelet)).isEqualTo("revoked");
        assertThat(state("worker-1")).isEqualTo("retired");
        assertThat(state("worker-9")).isEqualTo("active");
        assertThat(texts(admin.get("/clusters/" + cluster + "/nodes/worker-9")
                        .expect(200)
                        .get("addresses")))
                .containsExactly("192.0.2.10");
    }

    @Test
    void renamesToAFreeNameOnly() {
        server.newNode(cluster, "worker-2");
        rename("worker-1", "worker-2").expectProblem(409, "node-name-taken");
        rename("worker-1", "Worker").expectViolation("node-name");
        rename("worker-1", "kubernetes").expectViolation("reserved-name");
        rename("worker-1", "worker-9").expect(200);
        rename("worker-1", "worker-9").expect(200);
        assertThat(state("worker-9")).isEqualTo("reinstall-allowed");
    }

    private TestClient.Answer change(String name, String body) {
        return admin.patch("/clusters/" + cluster + "/nodes/" + name, body);
    }

    private TestClient.Answer rename(String name, String newName) {
        return admin.post("/clusters/" + cluster + "/nodes/" + name + "/rename", "{\"name\": \"" + newName + "\"}");
    }

    private TestClient.Answer request(String profile) {
        return server.as(node)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest(profile, null, TestIdentity.request()));
    }

    private JsonNode certificate(String profile) {
        String id = request(profile).expect(201).get("id").asString();
        return admin.get("/certificates/" + id).expect(200);
    }

    private String status(String id) {
        return admin.get("/certificates/" + id).expect(200).get("status").asString();
    }

    private String state(String name) {
        return admin.get("/clusters/" + cluster + "/nodes/" + name)
                .expect(200)
                .get("state")
                .asString();
    }

    private JsonNode event(String type) {
        JsonNode events = admin.get("/audit-events?cluster=" + cluster + "&type=" + type)
                .expect(200)
                .get("items");
        return events.get(events.size() - 1).get("detail");
    }

    private JsonNode assigned(String profile) {
        for (JsonNode certificate :
                server.as(node).get("/agent/assignment").expect(200).get("certificates")) {
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
