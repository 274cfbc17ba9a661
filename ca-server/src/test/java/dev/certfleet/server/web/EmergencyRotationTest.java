package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestServer;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A stolen CA key: what it costs is said first, then nothing is waited for. */
class EmergencyRotationTest {
    private final Rotating rotating = Rotating.shared();
    private final TestServer server = rotating.server();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();
    private final Bulk emergency = new Bulk(admin, "/clusters/" + cluster + "/emergency-rotations");
    private final ReportingNode controlPlane =
            new ReportingNode(server, cluster, "cp-1", "[\"control-plane\", \"etcd\"]");
    private final ReportingNode worker = new ReportingNode(server, cluster, "worker-1", "[\"worker\"]");

    @Test
    void saysWhatItCostsBeforeItChangesAnything() {
        OnRecord before = OnRecord.of(server);
        JsonNode shown = emergency.dryRun("{\"kind\": \"kubernetes\"}");
        before.assertUnchanged(server);

        List<String> effects = shown.get("breaks")
                .valueStream()
                .map(broken -> broken.get("severity").asString() + " "
                        + broken.get("effect").asString())
                .toList();
        assertThat(effects.getFirst()).startsWith("outage ");
        assertThat(effects)
                .anyMatch(effect -> effect.startsWith("outage " + cluster + "-kubernetes-1: out of every trust bundle"))
                .anyMatch(effect -> effect.contains("--root-ca-file"))
                .anyMatch(effect -> effect.contains("worker-1: "))
                .noneMatch(effect -> effect.contains("was not heard of"));

        emergency
                .confirmed("{\"kind\": \"etcd\"}", shown.get("confirmation").asString())
                .expectViolation("confirmation");
        admin.post(emergency.path(), "{\"kind\": \"kubernetes\"}").expectProblem(428, "confirmation-required");
        before.assertUnchanged(server);
    }

    @Test
    void namesNodesThatAreAway() {
        server.newNode(cluster, "worker-2");
        assertThat(emergency.dryRun("{\"kind\": \"kubernetes\"}").get("breaks"))
                .extracting(broken -> broken.get("effect").asString())
                .anyMatch(effect -> effect.startsWith("worker-2 was not heard of"));
    }

    @Test
    void takesTheStolenAuthorityAwayAtOnceAndRevokesWhatItIssued() {
        String body = "{\"kind\": \"kubernetes\", \"comment\": \"seen on a paste site\"}";
        String confirmation = emergency.confirmation(body);
        String stolen = authority("kubernetes-1").get("certificate").asString();

        JsonNode done = emergency.confirmed(body, confirmation).expect(201);

        assertThat(done.get("authoritiesWithdrawn").get(0).asString()).isEqualTo(cluster + "-kubernetes-1");
        String id = done.get("rotation").get("id").asString();
        assertThat(done.get("rotation").get("step").asString()).isEqualTo("revoking");
        assertThat(bundle("kubernetes"))
                .isEqualTo(authority("kubernetes-2").get("certificate").asString());
        assertThat(bundle("clients")).doesNotContain(stolen);
        assertThat(worker.demanded()).contains("kubelet-client", "kubelet-serving");
        assertThat(emergency.confirmed(body, confirmation).expect(201).get("authoritiesWithdrawn"))
                .as("the same again")
                .isEqualTo(done.get("authoritiesWithdrawn"));
        assertThat(admin.get("/audit-events?type=authority-key-stolen&cluster=" + cluster)
                        .expect(200)
                        .get("items"))
                .hasSize(1);

        rotating.turn();
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("renewing");
        for (JsonNode certificate : admin.get("/certificates?cluster=" + cluster + "&profile=kubelet-client")
                .expect(200)
                .get("items")) {
            assertThat(certificate.get("status").asString()).isEqualTo("revoked");
            assertThat(admin.get("/revocations?certificate="
                                    + certificate.get("id").asString())
                            .expect(200)
                            .get("items")
                            .get(0)
                            .get("reason")
                            .asString())
                    .isEqualTo("superseded");
        }
        assertThat(get(id).get("waits").asInt())
                .as("what nodes have to replace")
                .isPositive();

        controlPlane.renew();
        worker.renew();
        controlPlane.report();
        worker.report();
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("unloading");
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("done");
    }

    @Test
    void replacesNodeIdentitiesWithoutCuttingTheNodesOff() {
        emergency.go("{\"kind\": \"agents\"}").expect(201);
        rotating.turn();
        rotating.turn();
        assertThat(worker.demanded()).containsExactly("node-identity");
        controlPlane.renew();
        worker.renew();
        controlPlane.report();
        worker.report();
        rotating.turn();
        rotating.turn();
        assertThat(admin.get("/clusters/" + cluster + "/rotations")
                        .expect(200)
                        .get("items")
                        .get(0)
                        .get("step")
                        .asString())
                .isEqualTo("done");
    }

    @Test
    void takesThePlaceOfARotationThatIsUnderWay() {
        String planned = admin.post("/clusters/" + cluster + "/rotations", "{\"kind\": \"etcd\"}")
                .expect(201)
                .get("id")
                .asString();

        JsonNode done = emergency.go("{\"kind\": \"etcd\"}").expect(201);

        assertThat(get(planned).get("step").asString()).isEqualTo("aborted");
        assertThat(done.get("authoritiesWithdrawn"))
                .extracting(JsonNode::asString)
                .containsExactly(cluster + "-etcd-1", cluster + "-etcd-2");
        assertThat(done.get("rotation").get("incoming").asString()).isEqualTo(cluster + "-etcd-3");
        assertThat(bundle("etcd"))
                .isEqualTo(authority("etcd-3").get("certificate").asString());
    }

    private JsonNode get(String id) {
        return admin.get("/clusters/" + cluster + "/rotations/" + id).expect(200);
    }

    private JsonNode authority(String name) {
        return admin.get("/authorities/" + cluster + "-" + name).expect(200);
    }

    private String bundle(String name) {
        return admin.get("/clusters/" + cluster + "/trust-bundles")
                .expect(200)
                .get("bundles")
                .get(name)
                .asString();
    }
}
