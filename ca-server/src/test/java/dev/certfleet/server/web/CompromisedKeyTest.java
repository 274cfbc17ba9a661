package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.Pem;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.security.PublicKey;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A compromised key takes every certificate along that carries it, and is never certified again. */
class CompromisedKeyTest {
    private static final String PATH = "/compromised-keys";

    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final Bulk report = new Bulk(admin, PATH);
    private final String cluster = server.newCluster();
    private final TestIdentity.Request request = TestIdentity.request();

    @Test
    void revokesEveryCertificateOfTheKeyInEveryCluster() {
        String other = server.newCluster();
        String here = issue(cluster, request).expect(201).get("id").asString();
        String there = issue(other, request).expect(201).get("id").asString();
        String body =
                "{\"publicKey\": " + TestClient.quoted(publicKey(request.keys().getPublic())) + "}";
        OnRecord before = OnRecord.of(server);
        JsonNode shown = report.dryRun(body);
        before.assertUnchanged(server);

        JsonNode done =
                report.confirmed(body, shown.get("confirmation").asString()).expect(201);

        assertThat(shown.get("certificates"))
                .extracting(certificate -> certificate.get("id").asString())
                .containsExactlyInAnyOrder(here, there);
        assertThat(done.get("revocations"))
                .extracting(part -> part.get("certificate").asString())
                .containsExactlyInAnyOrder(here, there);
        assertThat(done.get("keysBlocked").asInt()).isEqualTo(1);
        for (String id : List.of(here, there)) {
            assertThat(admin.get("/certificates/" + id)
                            .expect(200)
                            .get("reason")
                            .asString())
                    .isEqualTo("keyCompromise");
        }
        issue(server.newCluster(), request).expectViolation("compromised-key");
    }

    @Test
    void blocksAKeyThatNoCertificateHasYet() {
        String body = "{\"csr\": " + TestClient.quoted(request.pem()) + ", \"comment\": \"published\"}";

        JsonNode done = report.go(body).expect(201);

        assertThat(done.get("count").asInt()).isZero();
        issue(cluster, request).expectViolation("compromised-key");
        JsonNode listed = admin.get(PATH + "?limit=1").expect(200).get("items").get(0);
        assertThat(listed.get("comment").asString()).isEqualTo("published");
        assertThat(listed.get("cause").asString()).isEqualTo("compromised");
    }

    @Test
    void knowsTheKeyInWhicheverWayItIsGiven() {
        JsonNode issued = issue(cluster, request).expect(201);
        String confirmation =
                report.confirmation("{\"certificate\": \"" + issued.get("id").asString() + "\"}");
        for (String body : List.of(
                "{\"certificate\": "
                        + TestClient.quoted(issued.get("certificate").asString()) + "}",
                "{\"csr\": " + TestClient.quoted(request.pem()) + "}",
                "{\"publicKey\": " + TestClient.quoted(publicKey(request.keys().getPublic())) + "}",
                "{\"publicKey\": " + TestClient.quoted(compressed(request.keys().getPublic())) + "}")) {
            assertThat(report.confirmation(body)).isEqualTo(confirmation);
        }
    }

    @Test
    void answersTheSameAgain() {
        issue(cluster, request).expect(201);
        String body = "{\"csr\": " + TestClient.quoted(request.pem()) + "}";
        String confirmation = report.confirmation(body);
        JsonNode done = report.confirmed(body, confirmation).expect(201);
        OnRecord before = OnRecord.of(server);

        assertThat(report.confirmed(body, confirmation).expect(201)).isEqualTo(done);

        before.assertUnchanged(server);
    }

    @Test
    void letsAdministratorsReportWhatIsTheirsAlone() {
        String other = server.newCluster();
        TestClient own = server.as(server.newOperator(cluster, "admin"));
        TestIdentity.Request shared = TestIdentity.request();
        TestIdentity.Request nobodys = TestIdentity.request();
        issue(cluster, request).expect(201);
        issue(cluster, shared).expect(201);
        issue(other, shared).expect(201);
        OnRecord before = OnRecord.of(server);

        String refused = own.post(PATH + "?dryRun=true", "{\"csr\": " + TestClient.quoted(shared.pem()) + "}")
                .text();
        assertThat(own.post(PATH + "?dryRun=true", "{\"csr\": " + TestClient.quoted(nobodys.pem()) + "}")
                        .text())
                .isEqualTo(refused)
                .contains("not-permitted");
        own.post(PATH, "{\"csr\": " + TestClient.quoted(nobodys.pem()) + ", \"confirmation\": \"x\"}")
                .expectProblem(403, "not-permitted");
        own.get(PATH).expectProblem(403, "not-permitted");
        own.get(PATH + "?cluster=" + other).expectProblem(403, "not-permitted");
        before.assertUnchanged(server);

        new Bulk(own, PATH)
                .go("{\"csr\": " + TestClient.quoted(request.pem()) + "}")
                .expect(201);
        assertThat(own.get(PATH + "?cluster=" + cluster).expect(200).get("items"))
                .hasSize(1);
    }

    @Test
    void takesNoLongerWhatBecameSomebodyElsesToo() {
        TestClient own = server.as(server.newOperator(cluster, "admin"));
        String body = "{\"csr\": " + TestClient.quoted(request.pem()) + "}";
        issue(cluster, request).expect(201);
        String confirmation = new Bulk(own, PATH).confirmation(body);
        issue(server.newCluster(), request).expect(201);
        OnRecord before = OnRecord.of(server);

        new Bulk(own, PATH).confirmed(body, confirmation).expectProblem(403, "not-permitted");

        before.assertUnchanged(server);
    }

    @Test
    void saysThatTheCallerCutsThemselvesOffAndTheLastAdministratorGoes() {
        TestIdentity operator = server.newOperator("*", "admin");
        JsonNode breaks = new Bulk(server.as(operator), PATH)
                .dryRun("{\"certificate\": \"" + operator.id() + "\"}")
                .get("breaks");
        assertThat(breaks)
                .extracting(broken -> broken.get("effect").asString())
                .anyMatch(effect -> effect.startsWith("the credential that makes this call"))
                .anyMatch(effect -> effect.startsWith("the operator " + operator.name() + " has no credential"));
        assertThat(breaks.get(0).get("severity").asString()).isEqualTo("outage");
    }

    @Test
    void refusesWhatIsNoKey() {
        String authority = admin.get("/authorities/" + cluster + "-kubernetes-1")
                .expect(200)
                .get("certificate")
                .asString();
        OnRecord before = OnRecord.of(server);
        dryRun("{}").expectViolation("key");
        dryRun("{\"csr\": \"x\", \"publicKey\": \"x\"}").expectViolation("key");
        dryRun("{\"publicKey\": \"x\"}").expectViolation("public-key");
        dryRun("{\"publicKey\": \"-----BEGIN PUBLIC KEY-----\\nMAA=\\n-----END PUBLIC KEY-----\\n\"}")
                .expectViolation("public-key");
        dryRun("{\"csr\": \"x\"}").expectProblem(422, "request-refused");
        dryRun("{\"certificate\": \"xyz\"}").expectProblem(400, "malformed-request");
        dryRun("{\"certificate\": \"" + "11".repeat(32) + "\"}").expectProblem(404, "not-found");
        dryRun("{\"certificate\": \"-----BEGIN CERTIFICATE-----\\nMAA=\\n-----END CERTIFICATE-----\\n\"}")
                .expectViolation("pem");
        dryRun("{\"certificate\": " + TestClient.quoted(authority) + "}").expectViolation("authority-key");
        admin.post(PATH, "{\"csr\": " + TestClient.quoted(request.pem()) + "}")
                .expectProblem(428, "confirmation-required");
        admin.get(PATH + "?cursor=AA").expectProblem(400, "malformed-request");
        before.assertUnchanged(server);
    }

    @Test
    void revokesACertificateThatIsRecordedWhileItsKeyIsReported() throws Exception {
        server.newNode(cluster, "worker-1");
        String first = ofNode().expect(201).get("id").asString();
        try (HeldUp held = new HeldUp(server, cluster)) {
            CompletableFuture<TestClient.Answer> issued = CompletableFuture.supplyAsync(() -> ofNode());
            held.awaitWaiting(1);
            CompletableFuture<TestClient.Answer> revoked = CompletableFuture.supplyAsync(() -> compromised(first));
            held.awaitWaiting(2);
            held.letGo();
            String second =
                    issued.get(60, TimeUnit.SECONDS).expect(201).get("id").asString();
            revoked.get(60, TimeUnit.SECONDS).expect(201);
            assertThat(admin.get("/certificates/" + second)
                            .expect(200)
                            .get("reason")
                            .asString())
                    .isEqualTo("keyCompromise");
        }
    }

    @Test
    void issuesNothingForAKeyThatIsReportedWhileItIsSigned() throws Exception {
        server.newNode(cluster, "worker-1");
        String first = ofNode().expect(201).get("id").asString();
        try (HeldUp held = new HeldUp(server, cluster)) {
            CompletableFuture<TestClient.Answer> revoked = CompletableFuture.supplyAsync(() -> compromised(first));
            held.awaitWaiting(1);
            CompletableFuture<TestClient.Answer> issued =
                    CompletableFuture.supplyAsync(() -> ofNode("Idempotency-Key", "overtaken-" + cluster));
            held.awaitReserved("overtaken-" + cluster);
            held.letGo();
            revoked.get(60, TimeUnit.SECONDS).expect(201);
            issued.get(60, TimeUnit.SECONDS).expectViolation("compromised-key");
        }
        assertThat(admin.get("/certificates?status=good&profile=kubelet-client&cluster=" + cluster)
                        .expect(200)
                        .get("items"))
                .isEmpty();
    }

    private TestClient.Answer compromised(String id) {
        return admin.post("/revocations", "{\"certificate\": \"" + id + "\", \"reason\": \"keyCompromise\"}");
    }

    private TestClient.Answer dryRun(String body) {
        return admin.post(PATH + "?dryRun=true", body);
    }

    private TestClient.Answer ofNode(String... headers) {
        return admin.post(
                "/clusters/" + cluster + "/certificates",
                TestClient.certificateRequest("kubelet-client", "worker-1", request),
                headers);
    }

    private TestClient.Answer issue(String in, TestIdentity.Request of) {
        return admin.post(
                "/clusters/" + in + "/certificates", TestClient.certificateRequest("kubernetes-admin", null, of));
    }

    private static String publicKey(PublicKey key) {
        return Pem.encode(Pem.PUBLIC_KEY, key.getEncoded());
    }

    /** The same key with its point compressed (SEC 1 section 2.3.3). */
    private static String compressed(PublicKey key) {
        try {
            SubjectPublicKeyInfo info = SubjectPublicKeyInfo.getInstance(key.getEncoded());
            byte[] point = info.getPublicKeyData().getOctets();
            byte[] half = new byte[33];
            half[0] = (byte) (2 + (point[64] & 1));
            System.arraycopy(point, 1, half, 1, 32);
            return Pem.encode(
                    Pem.PUBLIC_KEY,
                    new SubjectPublicKeyInfo(
                                    new org.bouncycastle.asn1.x509.AlgorithmIdentifier(
                                            X9ObjectIdentifiers.id_ecPublicKey, X9ObjectIdentifiers.prime256v1),
                                    half)
                            .getEncoded("DER"));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
