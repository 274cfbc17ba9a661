package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** A canary is revoked before anybody has it, and alarms nobody. */
class CanaryTest {
    private static final TestServer SERVER = TestServer.shared();
    private final TestClient admin = SERVER.admin();
    private final String cluster = SERVER.newCluster();
    private final TestClient node = SERVER.as(SERVER.newNode(cluster, "etcd-1", "[\"etcd\"]"));

    private JsonNode issue() {
        return node.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("etcd-canary", null, TestIdentity.request()))
                .expect(201);
    }

    @Test
    void isRevokedInTheMomentItIsIssued() {
        JsonNode issued = issue();
        String id = issued.get("id").asString();

        assertThat(admin.get("/certificates/" + id).expect(200).get("status").asString())
                .isEqualTo("revoked");
        assertThat(SERVER.bean(JdbcClient.class)
                        .sql("SELECT encode(serial, 'hex') FROM revocation WHERE authority = ? AND change > 0")
                        .param(cluster + "-etcd-1")
                        .query(String.class)
                        .list())
                .as("the CRL is asked to list it")
                .containsExactly(issued.get("serial").asString());
    }

    @Test
    void isRenewedLikeAnyOther() {
        String id = issue().get("id").asString();

        String renewed = node.post(
                        "/certificates/" + id + "/renew",
                        "{\"csr\": " + TestClient.quoted(TestIdentity.request().pem()) + "}")
                .expect(201)
                .get("id")
                .asString();

        assertThat(admin.get("/certificates/" + renewed)
                        .expect(200)
                        .get("status")
                        .asString())
                .isEqualTo("revoked");
    }

    @Test
    void isInNoListUnlessItIsNamed() {
        JsonNode issued = issue();
        String id = issued.get("id").asString();
        String serial = issued.get("serial").asString();

        assertThat(ids("/certificates?cluster=" + cluster)).doesNotContain(id);
        assertThat(ids("/certificates?cluster=" + cluster + "&status=revoked")).isEmpty();
        assertThat(admin.get("/revocations?cluster=" + cluster).expect(200).get("items"))
                .isEmpty();
        assertThat(ids("/certificates?cluster=" + cluster + "&profile=etcd-canary"))
                .contains(id);
        assertThat(ids("/certificates?cluster=" + cluster + "&serial=" + serial))
                .containsExactly(id);
        assertThat(admin.get("/revocations?cluster=" + cluster + "&certificate=" + id)
                        .expect(200)
                        .get("items"))
                .hasSize(1);
    }

    @Test
    void isToldToNobody() {
        String id = issue().get("id").asString();

        assertThat(node.get("/clusters/" + cluster + "/feed?after=0")
                        .expect(200)
                        .get("entries"))
                .isEmpty();
        assertThat(admin.get("/audit-events?type=certificate-revoked&cluster=" + cluster)
                        .expect(200)
                        .toString())
                .doesNotContain(id);
    }

    @Test
    void staysRevokedWhateverIsAsked() {
        String id = issue().get("id").asString();

        String revocation = admin.post(
                        "/revocations", "{\"certificate\": \"" + id + "\", \"reason\": \"certificateHold\"}")
                .expect(201)
                .get("id")
                .asString();

        admin.post("/revocations/" + revocation + "/release").expectProblem(409, "not-a-hold");
        assertThat(admin.get("/certificates/" + id).expect(200).get("status").asString())
                .isEqualTo("revoked");
    }

    private List<String> ids(String path) {
        List<String> ids = new ArrayList<>();
        admin.get(path)
                .expect(200)
                .get("items")
                .forEach(item -> ids.add(item.get("id").asString()));
        return ids;
    }
}
