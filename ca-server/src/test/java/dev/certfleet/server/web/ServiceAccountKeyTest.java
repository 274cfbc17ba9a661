package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** How the control-plane nodes of a cluster come to one service-account key pair, and what the server does not do for it. */
class ServiceAccountKeyTest {
    private static final String ONE = "1".repeat(64);
    private static final String OTHER = "2".repeat(64);
    private static final String KEY = base64("agreement");

    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();
    private final TestIdentity first = server.newNode(cluster, "cp-1", "[\"control-plane\"]");
    private final TestIdentity second = server.newNode(cluster, "cp-2", "[\"control-plane\"]");

    @Test
    void choosesThePairThatWasOfferedFirst() {
        assertThat(order(first).has("publicKey")).isFalse();
        JsonNode won = report(first, "{\"offered\": \"" + ONE + "\"}").expect(200);
        JsonNode lost = report(second, "{\"offered\": \"" + OTHER + "\"}").expect(200);
        assertThat(won.get("publicKey").asString()).isEqualTo(ONE);
        assertThat(lost.get("publicKey").asString()).isEqualTo(ONE);
        assertThat(lost.get("offeredBy").asString()).isEqualTo("cp-1");
        assertThat(events("service-account-key-chosen")).hasSize(1);
    }

    @Test
    void carriesWhatOneNodeSealsForAnother() {
        report(first, "{\"inPlace\": \"" + ONE + "\"}").expect(200);
        report(second, "{\"request\": " + request("cp-2", second) + "}").expect(200);

        JsonNode asked = order(first).get("requests").get(0);
        assertThat(asked.get("node").asString()).isEqualTo("cp-2");
        assertThat(asked.get("agreementKey").asString()).isEqualTo(KEY);
        assertThat(order(second).get("requests")).isEmpty();

        report(first, "{\"sealed\": [" + sealed("cp-1", first, "cp-2") + "]}").expect(200);

        JsonNode sealed = order(second).get("sealed");
        assertThat(sealed.get("sender").asString()).isEqualTo("cp-1");
        assertThat(sealed.get("ciphertext").asString()).isEqualTo(base64("sealed by cp-1"));
        assertThat(order(first).get("requests")).isEmpty();
        assertThat(events("service-account-key-passed-on")).hasSize(1);

        report(second, "{\"inPlace\": \"" + ONE + "\"}").expect(200);
        assertThat(order(second).get("said").asBoolean()).isTrue();
        assertThat(order(second).has("sealed")).isFalse();
    }

    @Test
    void takesNothingFromANodeThatDoesNotHaveThePair() {
        TestIdentity third = server.newNode(cluster, "cp-3", "[\"control-plane\"]");
        report(first, "{\"inPlace\": \"" + ONE + "\"}").expect(200);
        report(third, "{\"inPlace\": \"" + OTHER + "\"}").expect(200);
        report(second, "{\"request\": " + request("cp-2", second) + "}").expect(200);

        assertThat(order(third).get("requests")).isEmpty();
        report(third, "{\"sealed\": [" + sealed("cp-3", third, "cp-2") + "]}").expect(200);

        assertThat(order(second).has("sealed")).isFalse();
        assertThat(events("service-account-key-passed-on")).isEmpty();
    }

    @Test
    void tellsOnceOfANodeThatHasAnotherPair() {
        report(first, "{\"inPlace\": \"" + ONE + "\"}").expect(200);
        report(second, "{\"inPlace\": \"" + OTHER + "\"}").expect(200);
        JsonNode order = report(second, "{\"inPlace\": \"" + OTHER + "\"}").expect(200);
        assertThat(order.get("publicKey").asString()).isEqualTo(ONE);
        assertThat(order.get("said").asBoolean()).isFalse();
        assertThat(events("service-account-key-differs")).hasSize(1);
    }

    @Test
    void isForControlPlaneNodesInTheirOwnName() {
        TestIdentity worker = server.newNode(cluster, "worker-1");
        report(worker, "{\"offered\": \"" + ONE + "\"}").expectViolation("role-not-held");
        assertThat(server.as(worker).get("/agent/assignment").expect(200).has("serviceAccountKey"))
                .isFalse();
        report(first, "{\"request\": " + request("cp-2", second) + "}").expectViolation("not-the-caller");
        report(first, "{\"request\": " + request("cp-1", second) + "}").expectViolation("not-the-caller");
        report(first, "{\"sealed\": [" + sealed("cp-2", second, "cp-1") + "]}").expectViolation("not-the-caller");
        report(first, "{\"offered\": \"sa.key\"}").expectViolation("service-account-key");
        report(first, "{\"request\": " + request("cp-1", first).replace(KEY, "!") + "}")
                .expectViolation("service-account-key");
        admin.post("/agent/service-account-key", "{}").expectProblem(403, "not-permitted");
    }

    @Test
    void startsAfreshWhereEveryNodeThatHadThePairIsGone() {
        report(first, "{\"inPlace\": \"" + ONE + "\"}").expect(200);
        assertThat(report(second, "{\"offered\": \"" + OTHER + "\"}")
                        .expect(200)
                        .get("publicKey")
                        .asString())
                .isEqualTo(ONE);

        admin.post("/clusters/" + cluster + "/nodes/cp-1/retire").expect(200);

        assertThat(order(second).has("publicKey")).isFalse();
        assertThat(report(second, "{\"offered\": \"" + OTHER + "\"}")
                        .expect(200)
                        .get("publicKey")
                        .asString())
                .isEqualTo(OTHER);
    }

    @Test
    void passesOnToNobodyWhoIsOut() {
        report(first, "{\"inPlace\": \"" + ONE + "\"}").expect(200);
        report(second, "{\"request\": " + request("cp-2", second) + "}").expect(200);
        admin.post("/clusters/" + cluster + "/nodes/cp-2/retire").expect(200);
        assertThat(order(first).get("requests")).isEmpty();
    }

    @Test
    void wakesTheNodeThatIsToAnswer() throws Exception {
        report(first, "{\"inPlace\": \"" + ONE + "\"}").expect(200);
        String version = server.as(first)
                .get("/agent/assignment")
                .expect(200)
                .get("version")
                .asString();
        var waiting = server.as(first).getLater("/agent/assignment?wait=PT60S&version=" + version);

        report(second, "{\"request\": " + request("cp-2", second) + "}").expect(200);

        assertThat(waiting.get(30, java.util.concurrent.TimeUnit.SECONDS)
                        .expect(200)
                        .get("serviceAccountKey")
                        .get("requests"))
                .hasSize(1);
    }

    private TestClient.Answer report(TestIdentity node, String body) {
        return server.as(node).post("/agent/service-account-key", body);
    }

    private JsonNode order(TestIdentity node) {
        return server.as(node).get("/agent/assignment").expect(200).get("serviceAccountKey");
    }

    private JsonNode events(String type) {
        return admin.get("/audit-events?cluster=" + cluster + "&type=" + type)
                .expect(200)
                .get("items");
    }

    private static String request(String name, TestIdentity node) {
        return "{\"node\": \"" + name + "\", \"certificate\": " + certificate(node) + ", \"agreementKey\": \"" + KEY
                + "\", \"signature\": \"" + base64("signature") + "\"}";
    }

    private static String sealed(String name, TestIdentity node, String receiver) {
        return "{\"receiver\": \"" + receiver + "\", \"agreementKey\": \"" + KEY + "\", \"sender\": \"" + name
                + "\", \"certificate\": " + certificate(node) + ", \"ephemeralKey\": \"" + base64("ephemeral")
                + "\", \"ciphertext\": \"" + base64("sealed by " + name) + "\", \"signature\": \""
                + base64("signature") + "\"}";
    }

    private static String certificate(TestIdentity node) {
        return TestClient.quoted(dev.certfleet.pki.Certificates.pem(java.util.List.of(node.certificate())));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }
}
