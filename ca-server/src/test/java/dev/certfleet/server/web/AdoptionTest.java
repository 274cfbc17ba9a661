package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.ocsp.CertificateStatus;
import dev.certfleet.pki.ocsp.OcspClient;
import dev.certfleet.pki.ocsp.OcspVerifier;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.status.StatusServer;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A cluster that kubeadm made: its CAs become authorities, and what they issued is on record like all else. */
class AdoptionTest {
    private static final KeyPurposeId[] CLIENT = {KeyPurposeId.id_kp_clientAuth};
    private static final KeyPurposeId[] BOTH = {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth};
    private static final SecureRandom RANDOM = new SecureRandom();

    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String cluster = TestServer.fresh("adopted");
    private final KubeadmAuthority kubernetes = KubeadmAuthority.named("kubernetes");

    @Test
    void issuesFromImportedAuthoritiesAndAnswersForThem() throws Exception {
        KubeadmAuthority etcd = KubeadmAuthority.make(
                "etcd-ca", new KubeadmAuthority.Otherwise("EC", 256, KeyUsage.keyCertSign, true, inAYear()));
        JsonNode created = create(kubernetes.json("kubernetes", true), etcd.json("etcd", true))
                .expect(201);
        assertThat(created.toString()).doesNotContain("PRIVATE KEY");
        JsonNode imported = authority("kubernetes-1");
        assertThat(imported.get("state").asString()).isEqualTo("active");
        assertThat(imported.get("imported").asBoolean()).isTrue();
        assertThat(imported.get("keyAlgorithm").asString()).isEqualTo("rsa2048");
        assertThat(imported.get("remarks"))
                .extracting(JsonNode::asString)
                .containsExactly("no-crl-sign", "no-subject-key-identifier");
        assertThat(authority("agents-1").get("imported").asBoolean()).isFalse();

        JsonNode issued = admin.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()))
                .expect(201);

        X509Certificate leaf =
                TestIdentity.certificate(issued.get("certificate").asString());
        leaf.verify(kubernetes.keys().getPublic());
        assertThat(leaf.getIssuerX500Principal().getEncoded())
                .isEqualTo(kubernetes.certificate().getSubjectX500Principal().getEncoded());
        assertThat(status(leaf)).isInstanceOf(CertificateStatus.Good.class);
        JsonNode event = admin.get("/audit-events?type=authority-imported&cluster=" + cluster)
                .expect(200);
        assertThat(event.get("items")).hasSize(2);
        assertThat(event.toString()).doesNotContain("PRIVATE");
    }

    @Test
    void recordsWhatWasIssuedBeforeAndRevokesItLikeAllElse() throws Exception {
        create(kubernetes.json("kubernetes", true)).expect(201);
        X509Certificate old = kubernetes.issue(serial(), "O=kubeadm:cluster-admins,CN=kubernetes-admin", CLIENT);
        assertThat(adopt(admin, true, item(old, null, null)).get("outcome").asString())
                .isEqualTo("recorded");
        assertThat(certificates()).isEmpty();

        JsonNode recorded = adopt(admin, false, item(old, null, null));

        assertThat(recorded.get("outcome").asString()).isEqualTo("recorded");
        assertThat(recorded.get("profile").asString()).isEqualTo("kubernetes-admin");
        assertThat(recorded.get("authority").asString()).isEqualTo(cluster + "-kubernetes-1");
        assertThat(adopt(admin, false, item(old, null, null)).get("outcome").asString())
                .isEqualTo("known");
        assertThat(certificates()).containsExactly(recorded.get("id").asString());
        String serial = old.getSerialNumber().toString(16);
        assertThat(admin.get("/certificates?cluster=" + cluster + "&serial=" + serial)
                        .expect(200)
                        .get("items"))
                .hasSize(1);
        assertThat(status(old)).isInstanceOf(CertificateStatus.Good.class);

        admin.post("/revocations", "{\"serial\": \"" + serial + "\", \"reason\": \"keyCompromise\"}")
                .expect(201);

        assertThat(status(old)).isInstanceOf(CertificateStatus.Revoked.class);
        assertThat(crlEventuallyLists("kubernetes-1", old)).isTrue();
        JsonNode feed = server.as(server.newNode(cluster, "cp-1", "[\"control-plane\"]"))
                .get("/clusters/" + cluster + "/feed?after=0")
                .expect(200)
                .get("entries");
        assertThat(feed.valueStream()
                        .filter(entry -> entry.get("id")
                                .asString()
                                .equals(recorded.get("id").asString()))
                        .map(entry -> entry.get("kind").asString()))
                .containsExactly("issued", "revoked");
    }

    @Test
    void listsShortSerialsInTheFirstShard() throws Exception {
        admin.post(
                        "/clusters",
                        "{\"name\": \"" + cluster + "\", \"crlShards\": 16, \"importedAuthorities\": ["
                                + kubernetes.json("kubernetes", true) + "]}")
                .expect(201);
        X509Certificate one = kubernetes.issue(BigInteger.ONE, "CN=somebody", CLIENT);
        X509Certificate long63 = kubernetes.issue(serial(), "CN=somebody", CLIENT);
        adopt(admin, false, item(one, null, null));
        adopt(admin, false, item(long63, null, null));
        revoke(one);
        revoke(long63);
        assertThat(crlEventuallyLists("kubernetes-1/0", one)).isTrue();
        assertThat(crlEventuallyLists("kubernetes-1/0", long63)).isTrue();
        assertThat(status(one)).isInstanceOf(CertificateStatus.Revoked.class);
    }

    @Test
    void knowsWhatANodeHoldsAndWhatMayNotBeWhatItIsSaidToBe() {
        KubeadmAuthority etcd = KubeadmAuthority.named("etcd-ca");
        create(kubernetes.json("kubernetes", true), etcd.json("etcd", true)).expect(201);
        TestClient agent = server.as(server.newNode(cluster, "cp-1", "[\"control-plane\", \"etcd\"]"));
        X509Certificate peer = etcd.issue(serial(), "CN=cp-1", BOTH, "cp-1", "localhost");
        X509Certificate kubelet = kubernetes.issue(serial(), "O=system:nodes,CN=system:node:cp-1", CLIENT);
        X509Certificate masters = kubernetes.issue(serial(), "O=system:masters,CN=kubernetes-admin", CLIENT);
        X509Certificate others = kubernetes.issue(serial(), "O=system:nodes,CN=system:node:cp-2", CLIENT);

        JsonNode recorded = adopt(agent, false, item(peer, "etcd-peer", null));
        assertThat(recorded.get("profile").asString()).isEqualTo("etcd-peer");
        assertThat(recorded.get("node").asString()).isEqualTo("cp-1");
        assertThat(adopt(agent, false, item(kubelet, null, null)).get("profile").asString())
                .isEqualTo("kubelet-client");
        JsonNode everything = adopt(agent, false, item(masters, "kubernetes-admin", null));
        assertThat(everything.get("profile").asString()).isEqualTo("adopted");
        assertThat(everything.get("remarks"))
                .extracting(JsonNode::asString)
                .containsExactly("system-masters", "other-profile");
        JsonNode foreign = adopt(agent, false, item(others, "kubelet-client", null));
        assertThat(foreign.get("profile").asString()).isEqualTo("adopted");
        assertThat(foreign.has("node")).isFalse();
        agent.post("/clusters/" + cluster + "/certificates/adopt", body(item(peer, null, "cp-2")))
                .expectProblem(403, "not-permitted");
        // What the node holds is renewed by it like what was issued here
        agent.post(
                        "/certificates/" + recorded.get("id").asString() + "/renew",
                        "{\"csr\": " + TestClient.quoted(TestIdentity.request().pem()) + "}")
                .expect(201);
        admin.post("/clusters/" + cluster + "/nodes/cp-1/retire").expect(200);
        assertThat(admin.get("/certificates/" + recorded.get("id").asString())
                        .expect(200)
                        .get("status")
                        .asString())
                .isEqualTo("revoked");
    }

    @Test
    void tellsWhatCannotBeOnRecord() {
        KubeadmAuthority etcd = KubeadmAuthority.named("etcd-ca");
        create(kubernetes.json("kubernetes", true), etcd.json("etcd", true)).expect(201);
        BigInteger serial = serial();
        adopt(admin, false, item(kubernetes.issue(serial, "CN=somebody", CLIENT), null, null));
        X509Certificate same = etcd.issue(serial, "CN=kube-etcd-healthcheck-client", CLIENT);
        JsonNode collision = adopt(admin, false, item(same, null, null));
        assertThat(collision.get("outcome").asString()).isEqualTo("serial-collision");
        assertThat(collision.get("detail").asString()).contains(cluster + "-kubernetes-1", "etcd compares");
        assertThat(outcome(KubeadmAuthority.named("kubernetes").issue(serial(), "CN=x", CLIENT)))
                .isEqualTo("unknown-issuer");
        assertThat(outcome(kubernetes.certificate())).isEqualTo("not-a-leaf");
        assertThat(outcome(
                        kubernetes.issue(serial(), "CN=x", CLIENT, Instant.now().minusSeconds(60))))
                .isEqualTo("ended");
        assertThat(outcome(kubernetes.issue(BigInteger.ONE.shiftLeft(130), "CN=x", CLIENT)))
                .isEqualTo("unusable-serial");
        assertThat(certificates()).hasSize(1);
        admin.post("/clusters/" + cluster + "/certificates/adopt", "{\"certificates\": []}")
                .expectViolation("certificates");
        admin.post("/clusters/" + cluster + "/certificates/adopt", "{\"certificates\": [{\"certificate\": \"x\"}]}")
                .expectViolation("pem");
    }

    @Test
    void onlyTrustsAnAuthorityWhoseKeyIsElsewhere() throws Exception {
        create(kubernetes.json("kubernetes", false)).expect(201);
        JsonNode old = authority("kubernetes-1");
        JsonNode own = authority("kubernetes-2");
        assertThat(old.get("state").asString()).isEqualTo("retired");
        assertThat(old.get("keyHere").asBoolean()).isFalse();
        assertThat(own.get("state").asString()).isEqualTo("active");
        String bundle = admin.get("/clusters/" + cluster + "/trust-bundles")
                .expect(200)
                .at("/bundles/clients")
                .asString();
        assertThat(bundle)
                .contains(
                        old.get("certificate").asString(),
                        own.get("certificate").asString());
        X509Certificate issued = kubernetes.issue(serial(), "CN=somebody", CLIENT);
        assertThat(adopt(admin, false, item(issued, null, null)).get("remarks"))
                .extracting(JsonNode::asString)
                .containsExactly("no-status");
        revoke(issued);
        assertThat(fetch("/crl/" + cluster + "-kubernetes-1.crl").statusCode()).isEqualTo(404);
        assertThat(fetch("/crl/" + cluster + "-kubernetes-2.crl").statusCode()).isEqualTo(200);
        assertThat(indirectEventuallyLists("kubernetes-2", issued)).isTrue();
    }

    @Test
    void refusesWhatIsNoAuthorityOrNotItsKey() {
        KubeadmAuthority other = KubeadmAuthority.named("kubernetes");
        refused("authority-key", entry(kubernetes.pem(), other.key()));
        refused("authority-key", entry(kubernetes.pem(), "no key"));
        refused("authority-key", entry(kubernetes.pem(), kubernetes.key() + other.key()));
        refused("authority-malformed", entry("no certificate", kubernetes.key()));
        refused("authority-chain", entry(kubernetes.pem() + other.pem(), null));
        refused("authority-kind", kubernetes.json("agents", true));
        refused("authority-kind", kubernetes.json("nonsense", true));
        refused(
                "authority-not-a-ca",
                KubeadmAuthority.make(
                                "x", new KubeadmAuthority.Otherwise("EC", 256, KeyUsage.keyCertSign, false, inAYear()))
                        .json("kubernetes", true));
        refused(
                "authority-key-usage",
                KubeadmAuthority.make(
                                "x",
                                new KubeadmAuthority.Otherwise("EC", 256, KeyUsage.digitalSignature, true, inAYear()))
                        .json("kubernetes", true));
        refused(
                "authority-ended",
                KubeadmAuthority.make(
                                "x",
                                new KubeadmAuthority.Otherwise(
                                        "EC",
                                        256,
                                        KeyUsage.keyCertSign,
                                        true,
                                        Instant.now().minusSeconds(60)))
                        .json("kubernetes", true));
        refused(
                "key-size",
                KubeadmAuthority.make(
                                "x", new KubeadmAuthority.Otherwise("RSA", 1024, KeyUsage.keyCertSign, true, inAYear()))
                        .json("kubernetes", true));
        create(kubernetes.json("kubernetes", true), kubernetes.json("etcd", true))
                .expectViolation("authority-known");
        admin.get("/clusters/" + cluster).expectProblem(404, "not-found");
        create(kubernetes.json("kubernetes", true)).expect(201);
        admin.post(
                        "/clusters",
                        "{\"name\": \"" + TestServer.fresh("again") + "\", \"importedAuthorities\": ["
                                + kubernetes.json("kubernetes", true) + "]}")
                .expectViolation("authority-known");
    }

    private void refused(String rule, String authority) {
        TestClient.Answer answer = create(authority);
        answer.expectViolation(rule);
        assertThat(answer.text()).doesNotContain("PRIVATE", "MII");
    }

    private static String entry(String certificate, @org.jspecify.annotations.Nullable String key) {
        return "{\"kind\": \"kubernetes\", \"certificate\": " + TestClient.quoted(certificate)
                + (key == null ? "" : ", \"key\": " + TestClient.quoted(key)) + "}";
    }

    private TestClient.Answer create(String... authorities) {
        return admin.post(
                "/clusters",
                "{\"name\": \"" + cluster + "\", \"importedAuthorities\": [" + String.join(", ", authorities) + "]}");
    }

    private JsonNode authority(String name) {
        return admin.get("/authorities/" + cluster + "-" + name).expect(200);
    }

    private JsonNode adopt(TestClient client, boolean dryRun, String item) {
        return client.post("/clusters/" + cluster + "/certificates/adopt?dryRun=" + dryRun, body(item))
                .expect(200)
                .get("items")
                .get(0);
    }

    private String outcome(X509Certificate certificate) {
        return adopt(admin, false, item(certificate, null, null)).get("outcome").asString();
    }

    private static String body(String item) {
        return "{\"certificates\": [" + item + "]}";
    }

    private static String item(
            X509Certificate certificate,
            @org.jspecify.annotations.Nullable String profile,
            @org.jspecify.annotations.Nullable String node) {
        return "{\"certificate\": " + TestClient.quoted(KubeadmAuthority.pem(certificate))
                + (profile == null ? "" : ", \"profile\": \"" + profile + "\"")
                + (node == null ? "" : ", \"node\": \"" + node + "\"") + "}";
    }

    private List<String> certificates() {
        return admin.get("/certificates?cluster=" + cluster)
                .expect(200)
                .get("items")
                .valueStream()
                .filter(one -> !one.get("profile").asString().equals("ocsp-responder"))
                .map(one -> one.get("id").asString())
                .toList();
    }

    private void revoke(X509Certificate certificate) {
        admin.post(
                        "/revocations",
                        "{\"serial\": \"" + certificate.getSerialNumber().toString(16)
                                + "\", \"reason\": \"superseded\"}")
                .expect(201);
    }

    private CertificateStatus status(X509Certificate leaf) throws Exception {
        return new OcspClient(
                        new OcspVerifier(Clock.systemUTC(), OcspVerifier.DEFAULT_TOLERANCE),
                        RANDOM,
                        Duration.ofSeconds(30))
                .ask(URI.create(statusUrl() + "/ocsp"), kubernetes.certificate(), leaf.getSerialNumber());
    }

    private boolean crlEventuallyLists(String name, X509Certificate certificate) throws Exception {
        return eventuallyLists("/crl/" + cluster + "-" + name + ".crl", certificate.getSerialNumber());
    }

    private boolean indirectEventuallyLists(String name, X509Certificate certificate) throws Exception {
        return eventuallyLists("/crl/" + cluster + "-" + name + ".indirect.crl", certificate.getSerialNumber());
    }

    private boolean eventuallyLists(String path, BigInteger serial) throws Exception {
        for (int i = 0; i < 100; i++) {
            HttpResponse<byte[]> answer = fetch(path);
            if (answer.statusCode() == 200) {
                X509CRL crl = (X509CRL) CertificateFactory.getInstance("X.509")
                        .generateCRL(new java.io.ByteArrayInputStream(answer.body()));
                if (crl.getRevokedCertificates() != null
                        && crl.getRevokedCertificates().stream()
                                .anyMatch(entry -> entry.getSerialNumber().equals(serial))) {
                    return true;
                }
            }
            Thread.sleep(100);
        }
        return false;
    }

    private HttpResponse<byte[]> fetch(String path) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(URI.create(statusUrl() + path)).build(),
                    HttpResponse.BodyHandlers.ofByteArray());
        }
    }

    private String statusUrl() {
        return "http://127.0.0.1:" + server.bean(StatusServer.class).port();
    }

    private static BigInteger serial() {
        return new BigInteger(62, RANDOM).setBit(62);
    }

    private static Instant inAYear() {
        return Instant.now().plus(Duration.ofDays(365));
    }
}
