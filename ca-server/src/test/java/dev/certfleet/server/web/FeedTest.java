package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** How nodes hear of revocations. */
class FeedTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();
    private final String feed = "/clusters/" + cluster + "/feed?after=";

    @Test
    void tellsOfIssuedRevokedAndReleasedInOrder() {
        String id = issue();
        String revocation = revoke(id, "certificateHold");
        admin.post("/revocations/" + revocation + "/release").expect(200);
        revoke(id, "keyCompromise");

        JsonNode page = admin.get(feed + 0).expect(200);

        assertThat(page.get("entries"))
                .extracting(entry -> entry.get("kind").asString())
                .containsExactly("issued", "revoked", "released", "revoked");
        assertThat(page.get("entries"))
                .allSatisfy(entry -> assertThat(entry.get("id").asString()).isEqualTo(id));
        assertThat(page.get("sequence").asLong()).isEqualTo(4);
        assertThat(page.get("more").asBoolean()).isFalse();
        assertThat(page.get("entries").get(3).get("reason").asString()).isEqualTo("keyCompromise");
    }

    @Test
    void comesInPages() {
        String id = issue();
        revoke(id, "unspecified");

        JsonNode first = admin.get(feed + "0&limit=1").expect(200);
        JsonNode second = admin.get(feed + "1&limit=1").expect(200);

        assertThat(first.get("more").asBoolean()).isTrue();
        assertThat(first.get("sequence").asLong()).isEqualTo(1);
        assertThat(second.get("more").asBoolean()).isFalse();
        assertThat(second.get("sequence").asLong()).isEqualTo(2);
        assertThat(second.get("epoch")).isEqualTo(first.get("epoch"));
    }

    @Test
    void answersWhoWaitsAsSoonAsSomethingIsRevoked() throws Exception {
        String id = issue();
        TestClient node = server.as(server.newNode(cluster, "worker-1"));
        long seen = node.get(feed + 0).expect(200).get("sequence").asLong();
        CompletableFuture<TestClient.Answer> waiting = node.getLater(feed + seen + "&wait=PT30S");
        TimeUnit.MILLISECONDS.sleep(700);
        assertThat(waiting).isNotDone();

        long revokedAt = System.nanoTime();
        revoke(id, "keyCompromise");

        JsonNode page = waiting.get(5, TimeUnit.SECONDS).expect(200);
        Duration delay = Duration.ofNanos(System.nanoTime() - revokedAt);
        assertThat(page.get("entries").get(0).get("kind").asString()).isEqualTo("revoked");
        assertThat(delay).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void answersEmptyWhenTheTimeIsUp() {
        long before = System.nanoTime();
        JsonNode page = admin.get(feed + "7&wait=PT1S").expect(200);
        assertThat(Duration.ofNanos(System.nanoTime() - before))
                .isBetween(Duration.ofMillis(900), Duration.ofSeconds(5));
        assertThat(page.get("entries")).isEmpty();
        assertThat(page.get("sequence").asLong()).isEqualTo(7);
    }

    private String issue() {
        return admin.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()))
                .expect(201)
                .get("id")
                .asString();
    }

    private String revoke(String id, String reason) {
        return admin.post("/revocations", "{\"certificate\": \"" + id + "\", \"reason\": \"" + reason + "\"}")
                .expect(201)
                .get("id")
                .asString();
    }
}
