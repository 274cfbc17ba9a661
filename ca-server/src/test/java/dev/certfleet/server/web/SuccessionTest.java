package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A break-glass or front-proxy certificate that is revoked takes its authority out of the file. */
class SuccessionTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();

    @Test
    void revokingOneOfTwoBreakGlassCertificatesWithdrawsTheirAuthority() {
        JsonNode first = issue("kubernetes-super-admin", null);
        issue("kubernetes-super-admin", null);
        String before = authority("break-glass-1").get("certificate").asString();
        assertThat(bundle("clients")).contains(before);

        revoke(first, "keyCompromise");

        assertThat(bundle("clients")).doesNotContain(before);
        assertThat(authority("break-glass-1").get("state").asString()).isEqualTo("withdrawn");
        JsonNode successor = authority("break-glass-2");
        assertThat(successor.get("state").asString()).isEqualTo("active");
        assertThat(bundle("clients"))
                .doesNotContain(successor.get("certificate").asString());
        JsonNode next = issue("kubernetes-super-admin", null);
        assertThat(next.get("chain").asString())
                .isEqualTo(successor.get("certificate").asString());
        assertThat(bundle("clients"))
                .contains(successor.get("certificate").asString())
                .doesNotContain(before);
        JsonNode event = admin.get("/audit-events?type=authority-withdrawn&cluster=" + cluster)
                .expect(200)
                .get("items")
                .get(0)
                .get("detail");
        assertThat(event.get("successor").asString()).isEqualTo(cluster + "-break-glass-2");
        assertThat(event.get("serial")).isEqualTo(first.get("serial"));
    }

    @Test
    void revokingAFrontProxyClientRenewsThemAllFromTheNextGeneration() {
        TestClient agent = server.as(server.newNode(cluster, "cp-1", "[\"control-plane\"]"));
        server.newNode(cluster, "cp-2", "[\"control-plane\"]");
        TestClient worker = server.as(server.newNode(cluster, "worker-1"));
        JsonNode revoked = issue("front-proxy-client", "cp-2");
        String url = agent.get("/agent/assignment")
                .expect(200)
                .at("/statusUrls/front-proxy")
                .asString();
        assertThat(demanded(agent)).isFalse();

        revoke(revoked, "privilegeWithdrawn");

        String old = authority("front-proxy-1").get("certificate").asString();
        String now = authority("front-proxy-2").get("certificate").asString();
        JsonNode assignment = agent.get("/agent/assignment").expect(200);
        assertThat(assignment.get("bundles").get("front-proxy").asString()).isEqualTo(now);
        assertThat(assignment.at("/crlUrls/front-proxy").asString()).contains(cluster + "-front-proxy-2");
        assertThat(assignment.at("/statusUrls/front-proxy").asString()).isEqualTo(url);
        assertThat(demanded(agent)).isTrue();
        assertThat(demanded(worker)).isFalse();
        assertThat(issue("front-proxy-client", "cp-1").get("chain").asString()).isEqualTo(now);
        assertThat(old).isNotEqualTo(now);
    }

    @Test
    void isNotForWhatIsReplacedAnyway() {
        revoke(issue("kubernetes-super-admin", null), "superseded");
        assertThat(names()).doesNotContain(cluster + "-break-glass-2");
    }

    @Test
    void happensOnceForOneGeneration() {
        List<JsonNode> three = List.of(
                issue("kubernetes-super-admin", null),
                issue("kubernetes-super-admin", null),
                issue("kubernetes-super-admin", null));
        String body = "{\"cluster\": \"" + cluster
                + "\", \"filter\": {\"profile\": \"kubernetes-super-admin\"}, \"reason\": \"certificateHold\"}";
        Bulk bulk = new Bulk(admin, "/bulk-revocations");
        JsonNode shown = bulk.dryRun(body);
        assertThat(shown.get("breaks"))
                .extracting(broken -> broken.get("effect").asString())
                .anyMatch(effect -> effect.startsWith(cluster + "-break-glass-1 leaves the trust bundle"));

        JsonNode done =
                bulk.confirmed(body, shown.get("confirmation").asString()).expect(201);

        assertThat(done.get("authoritiesWithdrawn"))
                .extracting(JsonNode::asString)
                .containsExactly(cluster + "-break-glass-1");
        revoke(three.get(0), "keyCompromise");
        assertThat(names()).contains(cluster + "-break-glass-2").doesNotContain(cluster + "-break-glass-3");
        revoke(issue("kubernetes-super-admin", null), "unspecified");
        assertThat(names()).contains(cluster + "-break-glass-3");
    }

    @Test
    void followsARetiredControlPlaneNodeToo() {
        server.newNode(cluster, "cp-1", "[\"control-plane\"]");
        TestClient stays = server.as(server.newNode(cluster, "cp-2", "[\"control-plane\"]"));
        issue("front-proxy-client", "cp-1");

        admin.post("/clusters/" + cluster + "/nodes/cp-1/retire").expect(200);

        assertThat(authority("front-proxy-1").get("state").asString()).isEqualTo("withdrawn");
        assertThat(demanded(stays)).isTrue();
    }

    @Test
    void recordsNothingOfAnAuthorityThatIsWithdrawnMeanwhile() throws Exception {
        server.newNode(cluster, "cp-1", "[\"control-plane\"]");
        JsonNode first = issue("front-proxy-client", "cp-1");
        String key = TestServer.fresh("overtaken");
        String body = TestClient.certificateRequest("front-proxy-client", "cp-1", TestIdentity.request());
        try (HeldUp held = new HeldUp(server, cluster)) {
            CompletableFuture<TestClient.Answer> revoked = CompletableFuture.supplyAsync(() -> admin.post(
                    "/revocations",
                    "{\"certificate\": \"" + first.get("id").asString() + "\", \"reason\": \"keyCompromise\"}"));
            held.awaitWaiting(1);
            CompletableFuture<TestClient.Answer> issued = CompletableFuture.supplyAsync(
                    () -> admin.post("/clusters/" + cluster + "/certificates", body, "Idempotency-Key", key));
            held.awaitReserved(key);
            held.letGo();
            revoked.get(60, TimeUnit.SECONDS).expect(201);
            issued.get(60, TimeUnit.SECONDS).expectProblem(409, "request-in-progress");
        }
        JsonNode again = admin.post("/clusters/" + cluster + "/certificates", body, "Idempotency-Key", key)
                .expect(201);
        assertThat(again.get("chain")).isEqualTo(authority("front-proxy-2").get("certificate"));
    }

    private static boolean demanded(TestClient agent) {
        return agent.get("/agent/assignment")
                .expect(200)
                .get("certificates")
                .valueStream()
                .anyMatch(certificate -> certificate.get("profile").asString().equals("front-proxy-client")
                        && certificate.has("renewBefore"));
    }

    private List<String> names() {
        return admin.get("/clusters/" + cluster + "/authorities")
                .expect(200)
                .get("items")
                .valueStream()
                .map(authority -> authority.get("name").asString())
                .toList();
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

    private void revoke(JsonNode issued, String reason) {
        admin.post(
                        "/revocations",
                        "{\"certificate\": \"" + issued.get("id").asString() + "\", \"reason\": \"" + reason + "\"}")
                .expect(201);
    }

    private JsonNode issue(String profile, @Nullable String node) {
        return admin.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest(profile, node, TestIdentity.request()))
                .expect(201);
    }
}
