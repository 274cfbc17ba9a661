package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.x509.Keys;
import dev.certfleet.server.x509.RequestBuilder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** Certificates, from request to revocation. */
class CertificateTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();

    @ParameterizedTest
    @EnumSource(value = KeyAlgorithm.class, names = "RSA2048", mode = EnumSource.Mode.EXCLUDE)
    void issuesUnderAuthoritiesOfEveryKeyAlgorithm(KeyAlgorithm algorithm) throws Exception {
        String name = TestServer.fresh("algorithm");
        server.admin()
                .post("/clusters", "{\"name\": \"" + name + "\", \"keyAlgorithm\": \"" + algorithm.label() + "\"}")
                .expect(201);
        String csr = new RequestBuilder(Keys.of(algorithm)).pem();
        JsonNode issued = server.admin()
                .post(
                        "/clusters/" + name + "/certificates",
                        "{\"profile\": \"kubernetes-admin\", \"csr\": " + TestClient.quoted(csr) + "}")
                .expect(201);
        TestIdentity.certificate(issued.get("certificate").asString())
                .verify(TestIdentity.certificate(issued.get("chain").asString()).getPublicKey());
    }

    @Test
    void issuesAndShowsWhatIsOnRecord() {
        JsonNode issued = issue("kubernetes-admin", null);

        JsonNode shown =
                admin.get("/certificates/" + issued.get("id").asString()).expect(200);

        assertThat(shown.get("status").asString()).isEqualTo("good");
        assertThat(shown.get("cluster").asString()).isEqualTo(cluster);
        assertThat(shown.get("profile").asString()).isEqualTo("kubernetes-admin");
        assertThat(shown.get("serial")).isEqualTo(issued.get("serial"));
        assertThat(shown.get("authority").asString()).isEqualTo(cluster + "-kubernetes-1");
        assertThat(shown.get("notAfter").asString())
                .isEqualTo(issued.get("notAfter").asString());
        assertThat(shown.get("serial").asString()).matches("[0-9a-f]{32}");
    }

    @Test
    void givesPemWithChainToWhoeverAsksForIt() {
        JsonNode issued = issue("kubernetes-admin", null);
        String id = issued.get("id").asString();
        String expected =
                issued.get("certificate").asString() + issued.get("chain").asString();

        TestClient.Answer byPath = admin.get("/certificates/" + id + "/pem");
        TestClient.Answer byAccept = admin.get("/certificates/" + id, "Accept", "application/x-pem-file");

        assertThat(byPath.text()).isEqualTo(expected);
        assertThat(byAccept.text()).isEqualTo(expected);
        assertThat(byPath.header("Content-Type")).startsWith("application/x-pem-file");
        assertThat(byAccept.header("Content-Type")).startsWith("application/x-pem-file");
        assertThat(admin.get("/certificates/" + id, "Accept", "*/*").header("Content-Type"))
                .isEqualTo("application/json");
        admin.get("/certificates/" + "00".repeat(32) + "/pem", "Accept", "application/x-pem-file")
                .expectProblem(404, "not-found");
    }

    @Test
    void findsByWhatIsAskedFor() {
        server.newNode(cluster, "worker-1");
        JsonNode one = issue("kubelet-client", "worker-1");
        issue("kubernetes-admin", null);

        assertThat(ids("cluster=" + cluster)).hasSize(3);
        assertThat(ids("cluster=" + cluster + "&node=worker-1")).hasSize(2);
        assertThat(ids("cluster=" + cluster + "&profile=kubelet-client"))
                .containsExactly(one.get("id").asString());
        assertThat(ids("serial=" + one.get("serial").asString().toUpperCase(java.util.Locale.ROOT)))
                .containsExactly(one.get("id").asString());
        assertThat(ids("cluster=" + cluster + "&status=revoked")).isEmpty();
        assertThat(ids("cluster=" + cluster + "&expiresBefore=2020-01-01T00:00:00Z"))
                .isEmpty();
        assertThat(ids("cluster=" + cluster + "&expiresBefore=2090-01-01T00:00:00Z"))
                .hasSize(3);
    }

    @Test
    void comesInPagesWithoutGapsOrRepetitions() {
        for (int i = 0; i < 5; i++) {
            issue("kubernetes-admin", null);
        }
        List<String> paged = new ArrayList<>();
        String cursor = "";
        int pages = 0;
        do {
            JsonNode page = admin.get("/certificates?limit=2&cluster=" + cluster + cursor)
                    .expect(200);
            page.get("items").forEach(item -> paged.add(item.get("id").asString()));
            cursor =
                    page.has("nextCursor") ? "&cursor=" + page.get("nextCursor").asString() : "";
            pages++;
        } while (!cursor.isEmpty());
        assertThat(pages).isEqualTo(3);
        assertThat(paged).isEqualTo(ids("cluster=" + cluster)).doesNotHaveDuplicates();
    }

    @Test
    void refusesARequestWithAllThatIsWrongWithIt() {
        JsonNode problem = admin.post(
                        "/clusters/" + cluster + "/certificates",
                        "{\"profile\": \"kubernetes-admin\", \"lifetime\": \"P9999D\", \"csr\": "
                                + TestClient.quoted(TestIdentity.request().pem()) + "}")
                .expectProblem(422, "request-refused");
        assertThat(problem.get("violations")).isNotEmpty();
        admin.post(
                        "/clusters/" + cluster + "/certificates",
                        "{\"profile\": \"kubernetes-admin\", \"csr\": \"nonsense\"}")
                .expectProblem(422, "request-refused");
        admin.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("no-such-profile", null, TestIdentity.request()))
                .expectProblem(422, "request-refused");
        admin.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubelet-client", "no-such-node", TestIdentity.request()))
                .expectProblem(422, "request-refused");
        assertThat(ids("cluster=" + cluster)).isEmpty();
    }

    @Test
    void renewsForAnotherKeyAndLeavesTheOldOne() {
        server.newNode(cluster, "worker-1");
        JsonNode old = issue("kubelet-client", "worker-1");
        JsonNode renewed = admin.post("/certificates/" + old.get("id").asString() + "/renew", renewal())
                .expect(201);
        assertThat(renewed.get("id")).isNotEqualTo(old.get("id"));
        assertThat(renewed.get("profile")).isEqualTo(old.get("profile"));
        assertThat(admin.get("/certificates/" + old.get("id").asString())
                        .expect(200)
                        .get("status")
                        .asString())
                .isEqualTo("good");
    }

    @Test
    void doesNotRenewWhatIsOnHold() {
        TestIdentity node = server.newNode(cluster, "worker-1");
        String id = issue("kubelet-client", "worker-1").get("id").asString();
        revoke(id, "certificateHold").expect(201);
        server.as(node).post("/certificates/" + id + "/renew", renewal()).expectProblem(409, "certificate-held");
        assertThat(admin.get("/certificates/" + id).expect(200).get("status").asString())
                .isEqualTo("held");
    }

    @Test
    void revokesForEveryReasonButRemoveFromCrl() {
        for (String reason : List.of(
                "unspecified",
                "keyCompromise",
                "cACompromise",
                "affiliationChanged",
                "superseded",
                "cessationOfOperation",
                "certificateHold",
                "privilegeWithdrawn",
                "aACompromise")) {
            String id = issue("kubernetes-admin", null).get("id").asString();
            JsonNode revocation = revoke(id, reason).expect(201);
            assertThat(revocation.get("reason").asString()).isEqualTo(reason);
            JsonNode read =
                    admin.get("/revocations/" + revocation.get("id").asString()).expect(200);
            for (String field : List.of("id", "certificate", "serial", "cluster", "reason", "revokedAt", "revokedBy")) {
                assertThat(read.get(field)).as(field).isEqualTo(revocation.get(field));
            }
        }
        String id = issue("kubernetes-admin", null).get("id").asString();
        revoke(id, "removeFromCRL").expectProblem(422, "request-refused");
        revoke(id, "because").expectProblem(422, "request-refused");
    }

    @Test
    void keepsTheFirstRevocationExceptAHold() {
        String id = issue("kubernetes-admin", null).get("id").asString();
        String hold = revoke(id, "certificateHold").expect(201).get("id").asString();
        JsonNode forGood = revoke(id, "keyCompromise").expect(201);
        JsonNode again = revoke(id, "superseded").expect(201);
        assertThat(again.get("id")).isEqualTo(forGood.get("id"));
        assertThat(again.get("reason").asString()).isEqualTo("keyCompromise");
        admin.post("/revocations/" + hold + "/release").expectProblem(409, "not-a-hold");
        admin.post("/revocations/" + forGood.get("id").asString() + "/release").expectProblem(409, "not-a-hold");
        assertThat(admin.get("/revocations?certificate=" + id).expect(200).get("items"))
                .hasSize(2);
    }

    @Test
    void keepsInvalidityDateAndComment() {
        String id = issue("kubernetes-admin", null).get("id").asString();
        JsonNode revocation = admin.post(
                        "/revocations",
                        "{\"certificate\": \"" + id + "\", \"reason\": \"keyCompromise\", \"invalidityDate\":"
                                + " \"2026-01-02T03:04:05Z\", \"comment\": \"laptop lost\"}")
                .expect(201);
        assertThat(revocation.get("invalidityDate").asString()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(revocation.get("comment").asString()).isEqualTo("laptop lost");
        assertThat(revocation.get("revokedBy").asString()).isEqualTo("operator:admin");
        admin.post(
                        "/revocations",
                        "{\"certificate\": \"" + id
                                + "\", \"reason\": \"keyCompromise\", \"invalidityDate\": \"2999-01-01T00:00:00Z\"}")
                .expectProblem(422, "request-refused");
    }

    private JsonNode issue(String profile, @org.jspecify.annotations.Nullable String node) {
        return admin.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest(profile, node, TestIdentity.request()))
                .expect(201);
    }

    private TestClient.Answer revoke(String id, String reason) {
        return admin.post("/revocations", "{\"certificate\": \"" + id + "\", \"reason\": \"" + reason + "\"}");
    }

    private static String renewal() {
        return "{\"csr\": " + TestClient.quoted(TestIdentity.request().pem()) + "}";
    }

    private List<String> ids(String query) {
        List<String> ids = new ArrayList<>();
        admin.get("/certificates?limit=1000&" + query)
                .expect(200)
                .get("items")
                .forEach(item -> ids.add(item.get("id").asString()));
        return ids;
    }
}
