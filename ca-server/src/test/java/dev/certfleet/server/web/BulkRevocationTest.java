package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** Many certificates are revoked by a filter, together or not at all. */
class BulkRevocationTest {
    private static final String PATH = "/bulk-revocations";

    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final Bulk bulk = new Bulk(admin, PATH);
    private final String cluster = server.newCluster();

    @Test
    void revokesWhatTheFilterFitsAndNothingElse() {
        server.newNode(cluster, "worker-1");
        server.newNode(cluster, "worker-2");
        String proxy1 = ofNode("worker-1", "kube-proxy");
        String proxy2 = ofNode("worker-2", "kube-proxy");
        String serving2 = ofNode("worker-2", "kubelet-serving");

        assertThat(chosen("\"node\": \"worker-2\", \"profile\": \"kube-proxy\""))
                .containsExactly(proxy2);
        assertThat(chosen("\"profile\": \"kube-proxy\"")).containsExactlyInAnyOrder(proxy1, proxy2);
        assertThat(chosen("\"namePattern\": \"*-2\""))
                .contains(proxy2, serving2)
                .doesNotContain(proxy1);
        assertThat(chosen("\"namePattern\": \"worker\"")).isEmpty();
        assertThat(chosen("\"authority\": \"" + cluster + "-kubernetes-1\""))
                .containsExactlyInAnyOrder(proxy1, proxy2, serving2);
        assertThat(chosen("\"authority\": \"installation-1\"")).isEmpty();
        assertThat(chosen("\"issuedBefore\": \"2020-01-01T00:00:00Z\"")).isEmpty();
        assertThat(chosen("\"issuedAfter\": \"2020-01-01T00:00:00Z\"")).hasSize(5);

        JsonNode done = bulk.go(body("\"profile\": \"kube-proxy\"", "privilegeWithdrawn"))
                .expect(201);

        assertThat(done.get("count").asInt()).isEqualTo(2);
        assertThat(done.get("revocations"))
                .allSatisfy(part -> assertThat(admin.get(
                                        "/revocations/" + part.get("revocation").asString())
                                .expect(200)
                                .get("certificate"))
                        .isEqualTo(part.get("certificate")));
        assertThat(status(proxy1)).isEqualTo("revoked");
        assertThat(status(proxy2)).isEqualTo("revoked");
        assertThat(status(serving2)).isEqualTo("good");
        assertThat(admin.get("/audit-events?type=revoked-in-bulk&cluster=" + cluster)
                        .expect(200)
                        .get("items")
                        .get(0)
                        .get("detail")
                        .get("filter")
                        .asString())
                .isEqualTo("profile=kube-proxy");
    }

    @Test
    void saysWhatBreaksOnAControlPlane() {
        server.newNode(cluster, "cp-1", "[\"control-plane\", \"etcd\"]");
        server.newNode(cluster, "cp-2", "[\"control-plane\", \"etcd\"]");
        ofNode("cp-1", "kube-apiserver-etcd-client");
        ofNode("cp-1", "kube-apiserver-etcd-client");
        String last = ofNode("cp-2", "kube-apiserver-etcd-client");
        ofNode("cp-1", "etcd-peer");
        ofNode("cp-2", "etcd-peer");

        assertThat(effects("\"node\": \"cp-1\", \"profile\": \"kube-apiserver-etcd-client\""))
                .containsExactly(
                        "degraded cp-1: kube-apiserver loses etcd, until the certificate is renewed, which nobody is asked to");
        assertThat(effects("\"profile\": \"kube-apiserver-etcd-client\""))
                .contains(
                        "outage no control-plane node keeps a valid kube-apiserver-etcd-client: the API goes down",
                        "degraded cp-2: kube-apiserver loses etcd, until the certificate is renewed, which nobody is asked to");
        assertThat(effects("\"node\": \"cp-2\", \"profile\": \"etcd-peer\""))
                .contains("outage 1 of 2 etcd members keep a valid etcd-peer: etcd loses its majority");
        admin.post("/revocations", "{\"certificate\": \"" + last + "\", \"reason\": \"unspecified\"}")
                .expect(201);
        assertThat(effects("\"node\": \"cp-1\", \"profile\": \"kube-apiserver-etcd-client\""))
                .anyMatch(effect -> effect.startsWith("outage no control-plane node"));
    }

    @Test
    void saysNothingBreaksWhereANewerCertificateStays() {
        server.newNode(cluster, "worker-1");
        TestIdentity.Request old = TestIdentity.request();
        issue("kube-proxy", "worker-1", old).expect(201);
        ofNode("worker-1", "kube-proxy");
        assertThat(effects("\"publicKey\": "
                        + TestClient.quoted(dev.certfleet.pki.Pem.encode(
                                dev.certfleet.pki.Pem.PUBLIC_KEY,
                                old.keys().getPublic().getEncoded()))))
                .isEmpty();
    }

    @Test
    void takesTheOtherCertificatesOfACompromisedKeyAlongInTheSameCluster() {
        server.newNode(cluster, "worker-1");
        TestIdentity.Request key = TestIdentity.request();
        issue("kube-proxy", "worker-1", key).expect(201);
        String other =
                issue("kubelet-client", "worker-1", key).expect(201).get("id").asString();

        JsonNode done =
                bulk.go(body("\"profile\": \"kube-proxy\"", "keyCompromise")).expect(201);

        assertThat(done.get("count").asInt()).isEqualTo(2);
        assertThat(status(other)).isEqualTo("revoked");
        issue("kubelet-client", "worker-1", key).expectViolation("compromised-key");
    }

    @Test
    void holdsAndRevokesForGoodWhatIsOnHold() {
        server.newNode(cluster, "worker-1");
        String proxy = ofNode("worker-1", "kube-proxy");
        String filter = "\"profile\": \"kube-proxy\"";
        String hold = body(filter, "certificateHold");
        String confirmation = bulk.confirmation(hold);
        JsonNode first = bulk.confirmed(hold, confirmation).expect(201);
        assertThat(bulk.confirmed(hold, confirmation).expect(201)).isEqualTo(first);
        assertThat(bulk.dryRun(hold).get("count").asInt()).isZero();
        admin.post("/revocations/"
                        + first.get("revocations").get(0).get("revocation").asString() + "/release")
                .expect(200);

        JsonNode second = bulk.confirmed(hold, confirmation).expect(201);

        assertThat(second).isNotEqualTo(first);
        assertThat(status(proxy)).isEqualTo("held");
        bulk.go(body(filter, "cessationOfOperation")).expect(201);
        assertThat(status(proxy)).isEqualTo("revoked");
    }

    @Test
    void needsAConfirmationOfTheSameThings() {
        server.newNode(cluster, "worker-1");
        ofNode("worker-1", "kube-proxy");
        String body = body("\"profile\": \"kube-proxy\"", "unspecified");
        String confirmation = bulk.confirmation(body);
        ofNode("worker-1", "kube-proxy");
        OnRecord before = OnRecord.of(server);

        admin.post(PATH, body).expectProblem(428, "confirmation-required");
        bulk.confirmed(body.replace("unspecified", "superseded"), confirmation).expectViolation("confirmation");
        bulk.confirmed(body.replace("kube-proxy", "kubelet-client"), confirmation)
                .expectViolation("confirmation");
        bulk.confirmed(body, confirmation).expectProblem(409, "dry-run-outdated");

        before.assertUnchanged(server);
    }

    @Test
    void refusesFiltersThatAreNone() {
        OnRecord before = OnRecord.of(server);
        dryRun("").expectViolation("filter");
        dryRun("\"node\": null").expectViolation("filter");
        dryRun("\"profile\": \"none\"").expectViolation("profile");
        dryRun("\"namePattern\": \"%\"").expectViolation("name-pattern");
        dryRun("\"publicKey\": \"x\"").expectViolation("public-key");
        dryRun("\"issuedAfter\": \"2026-01-01T00:00:00Z\", \"issuedBefore\": \"2025-01-01T00:00:00Z\"")
                .expectViolation("issued");
        dryRun("\"issuedAfter\": \"-1000000000-01-01T00:00:00Z\"").expectViolation("issued");
        dryRun("\"colour\": \"red\"").expectProblem(400, "unknown-field");
        dryRun("\"node\": 7").expectProblem(400, "wrong-type");
        admin.post(PATH + "?dryRun=true", body("\"node\": \"x\"", "because")).expectViolation("reason");
        admin.post(PATH + "?dryRun=true", body("\"node\": \"x\"", "unspecified").replace(cluster, "none"))
                .expectProblem(404, "not-found");
        before.assertUnchanged(server);
    }

    @Test
    void neitherShowsNorRevokesWhatIsInAnotherCluster() {
        server.newNode(cluster, "worker-1");
        String own = server.newCluster();
        TestClient operator = server.as(server.newOperator(own, "admin"));
        String other = body("\"node\": \"worker-1\"", "unspecified");
        OnRecord before = OnRecord.of(server);

        assertThat(operator.post(PATH + "?dryRun=true", other).text())
                .contains("not-permitted")
                .isEqualTo(operator.post(PATH + "?dryRun=true", other.replace(cluster, "no-such-cluster"))
                        .text());
        JsonNode shown = new Bulk(operator, PATH)
                .dryRun(body("\"authority\": \"" + cluster + "-agents-1\"", "unspecified")
                        .replace("\"cluster\": \"" + cluster + "\"", "\"cluster\": \"" + own + "\""));
        assertThat(shown.get("count").asInt()).isZero();
        before.assertUnchanged(server);
    }

    @Test
    void refusesMoreThanOneCallRevokes() {
        String serial = issue("kubernetes-admin", null, TestIdentity.request())
                .expect(201)
                .get("serial")
                .asString();
        server.bean(JdbcClient.class)
                .sql(
                        "INSERT INTO certificate SELECT decode('7f' || lpad(to_hex(n), 6, '0') || substr(:serial, 9), 'hex'),"
                                + " authority, cluster, profile, node, operator, subject, dns_names, addresses, public_key_hash,"
                                + " not_before, not_after, state, contents, requester, request_id || n, request_hash,"
                                + " reserved_at, sha256(n::text::bytea || serial), certificate, issued_at"
                                + " FROM certificate, generate_series(1, 10000) n WHERE serial = decode(:serial, 'hex')")
                .param("serial", serial)
                .update();
        OnRecord before = OnRecord.of(server);

        dryRun("\"profile\": \"kubernetes-admin\"").expectViolation("too-many-certificates");

        before.assertUnchanged(server);
    }

    @Test
    void revokesOnceOfTwoAtOnce() throws Exception {
        server.newNode(cluster, "worker-1");
        for (int i = 0; i < 5; i++) {
            ofNode("worker-1", "kube-proxy");
        }
        Bulk other = new Bulk(server.as(server.newOperator(cluster, "admin")), PATH);
        String body = body("\"node\": \"worker-1\"", "unspecified");
        String mine = bulk.confirmation(body);
        String theirs = other.confirmation(body);
        List<TestClient.Answer> answers = new ArrayList<>();
        try (HeldUp held = new HeldUp(server, cluster)) {
            List<CompletableFuture<TestClient.Answer>> calls = Stream.of(
                            CompletableFuture.supplyAsync(() -> bulk.confirmed(body, mine)),
                            CompletableFuture.supplyAsync(() -> bulk.confirmed(body, mine)),
                            CompletableFuture.supplyAsync(() -> other.confirmed(body, theirs)))
                    .toList();
            held.awaitWaiting(3);
            held.letGo();
            for (CompletableFuture<TestClient.Answer> call : calls) {
                answers.add(call.get(60, TimeUnit.SECONDS));
            }
        }
        assertThat(answers.get(0).status()).isEqualTo(answers.get(1).status());
        assertThat(answers.get(0).text().contains("revocations"))
                .isEqualTo(answers.get(2).status() == 409);
        List<TestClient.Answer> done =
                answers.stream().filter(answer -> answer.status() == 201).toList();
        assertThat(done).isNotEmpty();
        assertThat(done).allMatch(answer -> answer.json().equals(done.getFirst().json()));
        assertThat(admin.get("/revocations?cluster=" + cluster).expect(200).get("items"))
                .hasSize(6);
    }

    @Test
    void issuesOnWhileItRevokes() throws Exception {
        server.newNode(cluster, "worker-1");
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Integer> issuing = CompletableFuture.supplyAsync(() -> {
            int issued = 0;
            while (!over.get()) {
                issue("kube-proxy", "worker-1", TestIdentity.request()).expect(201);
                issued++;
            }
            return issued;
        });
        String body = body("\"profile\": \"kubelet-client\"", "superseded");
        for (int i = 0; i < 10; i++) {
            ofNode("worker-1", "kubelet-client");
            bulk.go(body).expect(201);
        }
        over.set(true);
        assertThat(issuing.get(60, TimeUnit.SECONDS)).isPositive();
    }

    @Test
    void keepsOnlyItsOwnClusterFromIssuingWhileItIsAtIt() throws Exception {
        server.newNode(cluster, "worker-1");
        ofNode("worker-1", "kube-proxy");
        String other = server.newCluster();
        String body = body("\"node\": \"worker-1\"", "keyCompromise");
        String confirmation = bulk.confirmation(body);
        try (HeldUp held = new HeldUp(server, cluster)) {
            CompletableFuture<TestClient.Answer> revoked =
                    CompletableFuture.supplyAsync(() -> bulk.confirmed(body, confirmation));
            held.awaitWaiting(1);

            admin.post(
                            "/clusters/" + other + "/certificates",
                            TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()))
                    .expect(201);

            assertThat(revoked).isNotDone();
            CompletableFuture<TestClient.Answer> issued =
                    CompletableFuture.supplyAsync(() -> issue("kube-proxy", "worker-1", TestIdentity.request()));
            held.awaitWaiting(2);
            assertThat(issued).isNotDone();
            held.letGo();
            revoked.get(60, TimeUnit.SECONDS).expect(201);
            issued.get(60, TimeUnit.SECONDS).expect(201);
        }
    }

    private List<String> chosen(String filter) {
        return bulk.dryRun(body(filter, "unspecified"))
                .get("certificates")
                .valueStream()
                .map(certificate -> certificate.get("id").asString())
                .toList();
    }

    private List<String> effects(String filter) {
        return bulk.dryRun(body(filter, "unspecified"))
                .get("breaks")
                .valueStream()
                .map(broken -> broken.get("severity").asString() + " "
                        + broken.get("effect").asString())
                .toList();
    }

    private TestClient.Answer dryRun(String filter) {
        return admin.post(PATH + "?dryRun=true", body(filter, "unspecified"));
    }

    private String body(String filter, String reason) {
        return "{\"cluster\": \"" + cluster + "\", \"filter\": {" + filter + "}, \"reason\": \"" + reason + "\"}";
    }

    private String status(String id) {
        return admin.get("/certificates/" + id).expect(200).get("status").asString();
    }

    private String ofNode(String node, String profile) {
        return issue(profile, node, TestIdentity.request())
                .expect(201)
                .get("id")
                .asString();
    }

    private TestClient.Answer issue(
            String profile, @org.jspecify.annotations.Nullable String node, TestIdentity.Request request) {
        return admin.post(
                "/clusters/" + cluster + "/certificates", TestClient.certificateRequest(profile, node, request));
    }
}
