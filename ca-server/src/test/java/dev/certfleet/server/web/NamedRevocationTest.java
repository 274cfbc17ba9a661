package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** A certificate is named by its fingerprint, by its serial, or by itself. */
class NamedRevocationTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();

    @Test
    void revokesBySerial() {
        JsonNode issued = issue(cluster);

        JsonNode revocation =
                revoke(admin, "serial", issued.get("serial").asString()).expect(201);

        assertThat(revocation.get("certificate")).isEqualTo(issued.get("id"));
        assertThat(status(issued)).isEqualTo("revoked");
        assertThat(revoke(admin, "serial", issued.get("serial").asString())
                        .expect(201)
                        .get("id"))
                .isEqualTo(revocation.get("id"));
    }

    @Test
    void revokesTheCertificateThatIsSubmitted() {
        JsonNode issued = issue(cluster);

        JsonNode revocation =
                revoke(admin, "pem", issued.get("certificate").asString()).expect(201);

        assertThat(revocation.get("certificate")).isEqualTo(issued.get("id"));
        assertThat(status(issued)).isEqualTo("revoked");
    }

    @Test
    void saysLoudlyOfACertificateThatWasNeverIssued() {
        String ours = issue(cluster).get("certificate").asString();
        byte[] forged = dev.certfleet.pki.Pem.decode(ours, dev.certfleet.pki.Pem.CERTIFICATE)
                .getFirst();
        forged[forged.length - 1] ^= 1;
        String pem = dev.certfleet.pki.Pem.encode(dev.certfleet.pki.Pem.CERTIFICATE, forged);
        TestClient ofCluster = server.as(server.newOperator(cluster, "admin"));
        TestClient ofAnother = server.as(server.newOperator(server.newCluster(), "admin"));
        OnRecord before = OnRecord.of(server);

        for (TestClient client : List.of(admin, ofCluster)) {
            assertThat(revoke(client, "pem", pem)
                            .expectProblem(422, "certificate-never-issued")
                            .get("detail")
                            .asString())
                    .contains(cluster + "-kubernetes-1")
                    .contains("FORGED");
        }
        revoke(ofAnother, "pem", pem).expectProblem(403, "not-permitted");
        before.assertUnchanged(server);
    }

    @Test
    void saysTheSameOfWhatIsElsewhereAndOfWhatIsNot() {
        JsonNode elsewhere = issue(cluster);
        TestClient other = server.as(server.newOperator(server.newCluster(), "admin"));
        OnRecord before = OnRecord.of(server);

        String known =
                revoke(other, "serial", elsewhere.get("serial").asString()).text();
        String unknown = revoke(other, "serial", "11".repeat(16)).text();
        String submitted =
                revoke(other, "pem", elsewhere.get("certificate").asString()).text();

        assertThat(known).contains("not-permitted").isEqualTo(unknown).isEqualTo(submitted);
        revoke(admin, "serial", "11".repeat(16)).expectProblem(404, "not-found");
        before.assertUnchanged(server);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"reason\": \"unspecified\"}",
                "{\"serial\": \"11111111111111111111111111111111\", \"pem\": \"x\", \"reason\": \"unspecified\"}",
            })
    void refusesAnyOtherNumberOfNamesThanOne(String body) {
        OnRecord before = OnRecord.of(server);
        admin.post("/revocations", body).expectViolation("certificate");
        before.assertUnchanged(server);
    }

    @Test
    void refusesNamesThatAreNone() {
        String pem = issue(cluster).get("certificate").asString();
        OnRecord before = OnRecord.of(server);
        for (String serial : List.of("", "xyz", "AB".repeat(16), "0".repeat(32), "1".repeat(33))) {
            revoke(admin, "serial", serial).expectProblem(400, "malformed-request");
        }
        for (String text : List.of(
                "",
                "x",
                pem + pem,
                pem.replace("CERTIFICATE", "PUBLIC KEY"),
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")) {
            revoke(admin, "pem", text).expectViolation("pem");
        }
        before.assertUnchanged(server);
    }

    @Test
    void listsByNodeReasonAndWhetherInForce() {
        server.newNode(cluster, "worker-1");
        String held = ofNode().get("id").asString();
        String gone = ofNode().get("id").asString();
        JsonNode elsewhere = issue(cluster);
        revoke(admin, "certificate", elsewhere.get("id").asString()).expect(201);
        String hold = admin.post("/revocations", "{\"certificate\": \"" + held + "\", \"reason\": \"certificateHold\"}")
                .expect(201)
                .get("id")
                .asString();
        admin.post("/revocations/" + hold + "/release").expect(200);
        admin.post("/revocations", "{\"certificate\": \"" + gone + "\", \"reason\": \"superseded\"}")
                .expect(201);

        assertThat(listed("node=worker-1")).containsExactly(gone, held);
        assertThat(listed("node=worker-1&inForce=true")).containsExactly(gone);
        assertThat(listed("inForce=false")).containsExactly(held);
        assertThat(listed("reason=certificateHold")).containsExactly(held);
        assertThat(listed("reason=keyCompromise")).isEmpty();
        admin.get("/revocations?reason=because").expectProblem(400, "malformed-request");
        admin.get("/revocations?inForce=perhaps").expectProblem(400, "malformed-request");
    }

    private List<String> listed(String query) {
        return admin.get("/revocations?cluster=" + cluster + "&" + query)
                .expect(200)
                .get("items")
                .valueStream()
                .map(item -> item.get("certificate").asString())
                .toList();
    }

    private JsonNode ofNode() {
        return admin.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubelet-client", "worker-1", TestIdentity.request()))
                .expect(201);
    }

    private JsonNode issue(String in) {
        return admin.post(
                        "/clusters/" + in + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()))
                .expect(201);
    }

    private String status(JsonNode issued) {
        return admin.get("/certificates/" + issued.get("id").asString())
                .expect(200)
                .get("status")
                .asString();
    }

    private static TestClient.Answer revoke(TestClient client, String by, String name) {
        return client.post(
                "/revocations",
                "{\"" + by + "\": " + TestClient.quoted(name) + ", \"reason\": \"privilegeWithdrawn\"}");
    }
}
