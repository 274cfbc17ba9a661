package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.x509.RequestBuilder;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Which CertificateSigningRequests are approved, and which are signed, by what the CA knows of who they are for. */
class CsrReviewTest {
    private static final String CLIENT = "kubernetes.io/kube-apiserver-client-kubelet";
    private static final String SERVING = "kubernetes.io/kubelet-serving";
    private static final String USERS = "kubernetes.io/kube-apiserver-client";
    private static final String OWN = "certfleet.dev/kube-apiserver-client";
    private static final String KUBELET = "O=system:nodes,CN=system:node:worker-1";

    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();
    private final TestClient agent = server.as(server.newNode(cluster, "cp-1", "[\"control-plane\"]"));
    private final KeyPair keys = TestIdentity.request().keys();

    @BeforeEach
    void answersAllSigners() {
        server.newNode(cluster, "worker-1");
        policy("{\"signers\": [\"" + CLIENT + "\", \"" + SERVING + "\", \"" + USERS + "\", \"" + OWN
                + "\"], \"userGroups\": [\"developers\"]}");
    }

    /** A CertificateSigningRequest; each change makes another. */
    private record Asked(
            String uid,
            String signer,
            String username,
            List<String> groups,
            List<String> usages,
            String expiration,
            String request,
            boolean approved) {
        Asked by(String user, String... itsGroups) {
            return new Asked(uid, signer, user, List.of(itsGroups), usages, expiration, request, approved);
        }

        Asked using(String... others) {
            return new Asked(uid, signer, username, groups, List.of(others), expiration, request, approved);
        }

        Asked expiring(int seconds) {
            return new Asked(uid, signer, username, groups, usages, String.valueOf(seconds), request, approved);
        }

        Asked requesting(RequestBuilder other) {
            return new Asked(uid, signer, username, groups, usages, expiration, other.pem(), approved);
        }

        Asked isApproved() {
            return new Asked(uid, signer, username, groups, usages, expiration, request, true);
        }

        String json() {
            return "{\"uid\": \"" + uid + "\", \"name\": \"csr-1\", \"signerName\": \"" + signer
                    + "\", \"username\": \""
                    + username + "\", \"groups\": " + texts(groups) + ", \"usages\": " + texts(usages)
                    + ", \"expirationSeconds\": " + expiration + ", \"request\": " + TestClient.quoted(request)
                    + ", \"approved\": " + approved + "}";
        }

        private static String texts(List<String> texts) {
            return texts.stream().map(TestClient::quoted).collect(Collectors.joining(", ", "[", "]"));
        }
    }

    private Asked client() {
        return new Asked(
                UUID.randomUUID().toString(),
                CLIENT,
                "system:bootstrap:abcdef",
                List.of("system:bootstrappers", "system:authenticated"),
                List.of("digital signature", "client auth"),
                "null",
                request(KUBELET).pem(),
                false);
    }

    private Asked serving() {
        return new Asked(
                UUID.randomUUID().toString(),
                SERVING,
                "system:node:worker-1",
                List.of("system:nodes", "system:authenticated"),
                List.of("digital signature", "server auth"),
                "null",
                request(KUBELET).dns("worker-1").address("192.0.2.10").pem(),
                false);
    }

    private Asked user(String signer) {
        return new Asked(
                UUID.randomUUID().toString(),
                signer,
                "jane",
                List.of("developers", "system:authenticated"),
                List.of("client auth"),
                "null",
                request("O=developers,CN=jane").pem(),
                false);
    }

    private RequestBuilder request(String subject) {
        return new RequestBuilder(keys).subject(subject);
    }

    @Test
    void bootstrapsAKnownNodeAndPutsItsCertificateOnRecord() throws Exception {
        Asked asked = client();
        assertThat(decision(asked)).isEqualTo("approve");
        assertThat(issuedTo("worker-1"))
                .as("nothing is issued before it is approved")
                .isEmpty();

        X509Certificate certificate = signed(asked.isApproved());

        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=system:node:worker-1,O=system:nodes");
        assertThat(certificate.getPublicKey()).isEqualTo(keys.getPublic());
        assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
        assertThat(certificate.getSubjectAlternativeNames()).isNull();
        JsonNode record = issuedTo("worker-1").getFirst();
        assertThat(record.get("profile").asString()).isEqualTo("csr-kubelet-client");
        assertThat(record.get("status").asString()).isEqualTo("good");
        assertThat(events("csr-decided"))
                .singleElement()
                .satisfies(
                        event -> assertThat(event.get("detail").get("decision").asString())
                                .isEqualTo("approved"));
        assertThat(events("csr-signed")).singleElement().satisfies(event -> {
            assertThat(event.get("detail").get("username").asString()).isEqualTo("system:bootstrap:abcdef");
            assertThat(event.get("detail").get("certificate").asString())
                    .isEqualTo(record.get("id").asString());
        });
    }

    @Test
    void signsTheSameForTheSameUidWhoeverAsks() throws Exception {
        TestClient other = server.as(server.newNode(cluster, "cp-2", "[\"control-plane\"]"));
        Asked asked = client().isApproved();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<TestClient.Answer>> calls = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                calls.add(() -> review(agent, asked));
                calls.add(() -> review(other, asked));
            }
            for (Future<TestClient.Answer> answer : threads.invokeAll(calls)) {
                assertThat(answer.get().status()).isIn(200, 409);
            }
        }
        String first = review(agent, asked).expect(200).get("certificate").asString();
        assertThat(review(other, asked).expect(200).get("certificate").asString())
                .isEqualTo(first);
        assertThat(issuedTo("worker-1")).hasSize(1);
        review(agent, asked.requesting(new RequestBuilder(TestIdentity.request().keys()).subject(KUBELET)))
                .expectViolation("csr-uid-reused");
    }

    @Test
    void letsAKubeletRenewItsOwn() {
        signed(client().isApproved());
        Asked renewal = client().by("system:node:worker-1", "system:nodes")
                .requesting(new RequestBuilder(TestIdentity.request().keys()).subject(KUBELET));
        assertThat(decision(renewal)).isEqualTo("approve");
        signed(renewal.isApproved());
        assertThat(issuedTo("worker-1")).hasSize(2);
    }

    @Test
    void givesABootstrapTokenNoSecondCertificateOfANodeThatHasOne() {
        X509Certificate first = signed(client().isApproved());
        Asked again = client();
        assertThat(decision(again)).as("the same key").isEqualTo("approve");
        Asked thief = again.requesting(new RequestBuilder(TestIdentity.request().keys()).subject(KUBELET));
        JsonNode answer = review(agent, thief).expect(200);
        assertThat(answer.get("decision").asString()).isEqualTo("leave");
        assertThat(answer.get("reason").asString()).isEqualTo("NeedsApproval");

        revoke(first, "superseded");
        assertThat(decision(thief)).isEqualTo("approve");
    }

    @Test
    void leavesANodeThatIsNotKnownYet() {
        Asked asked = client().requesting(request("O=system:nodes,CN=system:node:worker-7"));
        assertThat(left(asked)).contains("node-unknown");
        assertThat(left(asked.isApproved())).contains("node-unknown");
        server.newNode(cluster, "worker-7");
        assertThat(decision(asked)).isEqualTo("approve");
    }

    @Test
    void deniesANodeThatIsOut() {
        admin.post("/clusters/" + cluster + "/nodes/worker-1/retire").expect(200);
        assertThat(denied(client())).contains("node-retired");
        assertThat(failed(client().isApproved())).contains("node-retired");
    }

    @Test
    void deniesANodeInQuarantine() {
        signed(client().isApproved());
        new Bulk(admin, "/clusters/" + cluster + "/nodes/worker-1/quarantine")
                .go("{}")
                .expect(200);
        assertThat(denied(serving())).contains("node-quarantined");
        assertThat(failed(client().isApproved())).contains("node-quarantined");
        assertThat(issuedTo("worker-1"))
                .filteredOn(record -> record.get("profile").asString().equals("csr-kubelet-client"))
                .singleElement()
                .satisfies(record -> assertThat(record.get("status").asString()).isEqualTo("revoked"));
    }

    @Test
    void deniesABlockedKey() {
        revoke(signed(client().isApproved()), "keyCompromise");
        assertThat(denied(client())).contains("compromised-key");
        assertThat(denied(user(OWN))).contains("compromised-key");
        assertThat(failed(user(USERS).isApproved())).contains("compromised-key");
    }

    static Stream<String> notAKubelets() {
        return Stream.of(
                "CN=system:node:worker-1",
                "O=system:nodes,O=system:masters,CN=system:node:worker-1",
                "O=system:nodes,CN=worker-1",
                "O=system:masters,CN=system:node:worker-1",
                "O=system:nodes,CN=system:node:worker-1,CN=system:node:cp-1");
    }

    @ParameterizedTest
    @MethodSource("notAKubelets")
    void deniesAnotherSubject(String subject) {
        assertThat(denied(client().requesting(request(subject)))).contains("csr-subject");
        assertThat(denied(serving().requesting(request(subject).dns("worker-1"))))
                .contains("csr-subject");
        assertThat(failed(client().requesting(request(subject)).isApproved())).contains("csr-subject");
    }

    @Test
    void deniesOtherUsages() {
        assertThat(denied(client().using("digital signature", "client auth", "server auth")))
                .contains("csr-usages");
        assertThat(denied(client().using("client auth"))).contains("csr-usages");
        assertThat(denied(serving().using("digital signature", "client auth"))).contains("csr-usages");
        assertThat(denied(user(OWN).using("client auth", "cert sign"))).contains("csr-usages");
        assertThat(failed(user(USERS).using("digital signature").isApproved())).contains("csr-usages");
        assertThat(decision(client().using("key encipherment", "digital signature", "client auth")))
                .isEqualTo("approve");
    }

    @Test
    void deniesNamesInAClientsCertificate() {
        assertThat(denied(client().requesting(request(KUBELET).dns("worker-1"))))
                .contains("name-not-recorded");
        assertThat(denied(client().requesting(request(KUBELET).address("192.0.2.10"))))
                .contains("address-not-recorded");
    }

    @Test
    void servesUnderWhatIsOnRecordAlone() throws Exception {
        Asked asked = serving();
        assertThat(decision(asked)).isEqualTo("approve");
        X509Certificate certificate = signed(asked.isApproved());
        assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(certificate.getSubjectAlternativeNames().stream()
                        .map(name -> String.valueOf(name.get(1)))
                        .toList())
                .containsExactlyInAnyOrder("worker-1", "192.0.2.10");

        assertThat(denied(serving().requesting(request(KUBELET).dns("worker-2"))))
                .contains("name-not-recorded");
        assertThat(denied(serving().requesting(request(KUBELET).dns("kubernetes.default.svc"))))
                .contains("reserved-name");
        assertThat(denied(serving().requesting(request(KUBELET).address("192.0.2.99"))))
                .contains("address-not-recorded");
        assertThat(denied(serving().requesting(request(KUBELET)))).contains("csr-names");
    }

    @Test
    void deniesANodeThatAsksForAnother() {
        Asked stranger = client().by("system:node:cp-1", "system:nodes");
        JsonNode answer = review(agent, stranger).expect(200);
        assertThat(answer.get("decision").asString()).isEqualTo("deny");
        assertThat(answer.get("reason").asString()).isEqualTo("OtherNode");
        assertThat(decision(serving().by("system:node:cp-1", "system:nodes"))).isEqualTo("deny");
    }

    @Test
    void leavesToPeopleWhatNeitherTheNodeNorABootstrapTokenAsksFor() {
        for (Asked asked : List.of(
                client().by("jane", "developers"),
                client().by("system:node:worker-1", "developers"),
                serving().by("jane", "developers"),
                serving().by("system:bootstrap:abcdef", "system:bootstrappers"))) {
            assertThat(decision(asked)).isEqualTo("leave");
            signed(asked.isApproved());
        }
    }

    @Test
    void signsForUsersWhatAPersonApproved() {
        Asked asked = user(USERS);
        assertThat(decision(asked)).isEqualTo("leave");
        X509Certificate certificate = signed(asked.isApproved());
        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=jane,O=developers");
        assertThat(Duration.between(
                        certificate.getNotBefore().toInstant(),
                        certificate.getNotAfter().toInstant()))
                .isGreaterThan(Duration.ofDays(29));
    }

    @Test
    void livesAsLongAsWasAskedAndNoLongerThanItsProfile() {
        assertThat(life(signed(user(USERS).expiring(3600).isApproved())))
                .isBetween(Duration.ofMinutes(60), Duration.ofMinutes(66));
        assertThat(life(signed(user(USERS).expiring(400 * 86_400).isApproved())))
                .isBetween(Duration.ofDays(30), Duration.ofDays(31));
        review(agent, user(USERS).expiring(599)).expectViolation("csr-expiration");
    }

    @ParameterizedTest
    @ValueSource(strings = {USERS, OWN})
    void neverSignsForWhoIsKubernetesOwn(String signer) {
        for (String subject : List.of(
                "O=system:masters,CN=jane", "O=developers,O=system:masters,CN=jane", "O=system:nodes,CN=jane")) {
            assertThat(failed(user(signer).requesting(request(subject)).isApproved()))
                    .containsAnyOf("privileged-group", "csr-groups");
        }
        for (String subject : List.of("CN=system:node:worker-1", "CN=system:kube-scheduler", "O=developers")) {
            assertThat(failed(user(signer).requesting(request(subject)).isApproved()))
                    .contains("csr-subject");
        }
        assertThat(failed(user(signer)
                        .requesting(request("O=developers,CN=jane").dns("api.example.org"))
                        .isApproved()))
                .contains("name-not-recorded");
        assertThat(failed(user(signer).requesting(request("OU=here,CN=jane")).isApproved()))
                .contains("subject-attribute");
    }

    @Test
    void approvesUsersThemselvesInGroupsOfThePolicy() {
        assertThat(decision(user(OWN))).isEqualTo("approve");
        assertThat(decision(user(OWN).requesting(request("CN=jane")))).isEqualTo("approve");
        assertThat(decision(user(OWN).by("john", "developers")))
                .as("somebody else")
                .isEqualTo("leave");
        assertThat(decision(user(OWN).by("jane", "testers")))
                .as("a group they are not in")
                .isEqualTo("leave");
        assertThat(decision(user(OWN).by("jane", "developers", "testers").requesting(request("O=testers,CN=jane"))))
                .as("a group that the policy does not name")
                .isEqualTo("leave");
        signed(user(OWN).isApproved());
    }

    @Test
    void leavesEverythingWhereThePolicyNamesNoSigner() {
        policy("{\"signers\": [\"" + SERVING + "\"]}");
        assertThat(left(client().isApproved())).contains("policy");
        assertThat(left(user(USERS).isApproved())).contains("policy");
        assertThat(decision(serving())).isEqualTo("approve");
        policy("{\"signers\": []}");
        assertThat(left(serving())).contains("policy");
        assertThat(issuedTo("worker-1")).isEmpty();
    }

    @Test
    void asksNobodyButControlPlaneNodesOfTheCluster() {
        String elsewhere = server.newCluster();
        TestClient stranger = server.as(server.newNode(elsewhere, "cp-1", "[\"control-plane\"]"));
        assertThat(review(stranger, client().isApproved())
                        .expect(200)
                        .get("reason")
                        .asString())
                .as("of its own cluster, whose policy names none")
                .isEqualTo("SignerNotServed");
        admin.patch("/clusters/" + elsewhere + "/csr-policy", "{\"signers\": [\"" + CLIENT + "\"]}")
                .expect(200);
        assertThat(review(stranger, client().isApproved())
                        .expect(200)
                        .get("message")
                        .asString())
                .as("the node is none of its cluster")
                .contains("node-unknown");

        TestClient worker = server.as(server.newNode(cluster, "worker-3"));
        review(worker, client()).expectProblem(403, "not-permitted");
        review(admin, client()).expectProblem(403, "not-permitted");
        assertThat(issuedTo("worker-1")).isEmpty();
    }

    @Test
    void refusesWhatMakesNoSense() {
        String good = client().json();
        post(good.replaceFirst("\"uid\": \"[^\"]*\"", "\"uid\": \"a/b\"")).expectViolation("csr-uid");
        post(good.replace("csr-1", "x".repeat(254))).expectViolation("csr-name");
        post(good.replace("system:bootstrap:abcdef", " ")).expectViolation("csr-username");
        post(good.replace(CLIENT, "example.org/mine")).expectViolation("csr-signer");
        post(good.replace("BEGIN CERTIFICATE REQUEST", "BEGIN CERTIFICATE")).expectViolation("malformed-request");
    }

    @Test
    void namesThePolicyAndWhoChangedIt() {
        String path = "/clusters/" + cluster + "/csr-policy";
        JsonNode policy = admin.get(path).expect(200);
        assertThat(policy.get("signers")).extracting(JsonNode::asString).containsExactly(CLIENT, SERVING, USERS, OWN);
        admin.patch(path, "{}").expect(200);
        assertThat(admin.get(path).expect(200)).isEqualTo(policy);
        assertThat(events("csr-policy-changed")).hasSize(1);

        admin.patch(path, "{\"signers\": [\"kubernetes.io/legacy-unknown\"]}").expectViolation("csr-signer");
        admin.patch(path, "{\"userGroups\": [\"system:masters\"]}").expectViolation("csr-user-groups");
        admin.patch(path, "{\"userGroups\": [\" \"]}").expectViolation("csr-user-groups");
        TestClient viewer = server.as(server.newOperator(cluster, "viewer"));
        assertThat(viewer.get(path).expect(200)).isEqualTo(policy);
        viewer.patch(path, "{\"signers\": []}").expectProblem(403, "not-permitted");
        server.as(server.newOperator(server.newCluster(), "admin")).get(path).expectProblem(403, "not-permitted");
        agent.get(path).expectProblem(403, "not-permitted");
    }

    @Test
    void givesControlPlaneNodesACertificateToAnswerWithWhileThereIsASigner() {
        TestClient worker = server.as(server.newNode(cluster, "worker-4"));
        assertThat(assigned(agent)).contains("csr-signer");
        assertThat(assigned(worker)).doesNotContain("csr-signer");
        String own = agent.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("csr-signer", null, TestIdentity.request()))
                .expect(201)
                .get("id")
                .asString();

        policy("{\"signers\": [\"" + SERVING + "\"]}");
        assertThat(statusOf(own)).isEqualTo("good");
        policy("{\"signers\": []}");
        assertThat(assigned(agent)).doesNotContain("csr-signer");
        assertThat(statusOf(own)).isEqualTo("revoked");

        policy("{\"signers\": [\"" + SERVING + "\"]}");
        assertThat(agent.get("/agent/assignment")
                        .expect(200)
                        .get("certificates")
                        .valueStream()
                        .filter(one -> one.get("profile").asString().equals("csr-signer")))
                .singleElement()
                .satisfies(one -> assertThat(one.get("renewBefore").isNull())
                        .as("it is to be another")
                        .isFalse());
    }

    private String statusOf(String id) {
        return admin.get("/certificates/" + id).expect(200).get("status").asString();
    }

    private static List<String> assigned(TestClient node) {
        return node.get("/agent/assignment")
                .expect(200)
                .get("certificates")
                .valueStream()
                .map(one -> one.get("profile").asString())
                .toList();
    }

    private void policy(String change) {
        admin.patch("/clusters/" + cluster + "/csr-policy", change).expect(200);
    }

    private TestClient.Answer post(String body) {
        return agent.post("/agent/csr-reviews", body);
    }

    private static TestClient.Answer review(TestClient client, Asked asked) {
        return client.post("/agent/csr-reviews", asked.json());
    }

    private String decision(Asked asked) {
        return review(agent, asked).expect(200).get("decision").asString();
    }

    private String left(Asked asked) {
        return message(asked, "leave");
    }

    private String denied(Asked asked) {
        return message(asked, "deny");
    }

    private String failed(Asked asked) {
        return message(asked, "fail");
    }

    private String message(Asked asked, String decision) {
        JsonNode answer = review(agent, asked).expect(200);
        assertThat(answer.get("decision").asString()).as(answer.toString()).isEqualTo(decision);
        return answer.get("message").asString();
    }

    private X509Certificate signed(Asked asked) {
        JsonNode answer = review(agent, asked).expect(200);
        assertThat(answer.get("decision").asString()).as(answer.toString()).isEqualTo("sign");
        return TestIdentity.certificate(answer.get("certificate").asString());
    }

    private void revoke(X509Certificate certificate, String reason) {
        String id = new TestIdentity(keys.getPrivate(), certificate).id();
        admin.post("/revocations", "{\"certificate\": \"" + id + "\", \"reason\": \"" + reason + "\"}")
                .expect(201);
    }

    private static Duration life(X509Certificate certificate) {
        return Duration.between(
                certificate.getNotBefore().toInstant(),
                certificate.getNotAfter().toInstant());
    }

    /** But for its identity. */
    private List<JsonNode> issuedTo(String node) {
        return admin.get("/certificates?cluster=" + cluster + "&node=" + node)
                .expect(200)
                .get("items")
                .valueStream()
                .filter(record -> !record.get("profile").asString().equals("node-identity"))
                .toList();
    }

    private List<JsonNode> events(String type) {
        return admin.get("/audit-events?cluster=" + cluster + "&type=" + type)
                .expect(200)
                .get("items")
                .valueStream()
                .toList();
    }
}
