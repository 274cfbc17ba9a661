package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;

/** A cluster with one of each: for every route there is something that exists, and a body that would change it. */
final class Inhabited {
    /** What is refused before anybody looks whether it exists. */
    private static final String NOBODYS = "00000000-0000-0000-0000-000000000000";

    private static final SoftTpm TPM = SoftTpm.ecc();

    final String cluster;
    final TestIdentity node;
    final TestIdentity operator;
    private final String token;
    private final String secret;
    private final String hold;
    private final String admission;

    Inhabited(TestServer server) {
        TestClient admin = server.admin();
        cluster = server.newCluster();
        node = server.newNode(cluster, "worker-1");
        server.as(node).get("/agent/assignment").expect(200);
        operator = server.newOperator(cluster, "admin");
        var created = admin.post(
                        "/clusters/" + cluster + "/enrolment-tokens",
                        "{\"nodeNamePattern\": \"*\", \"roles\": [\"worker\"]}")
                .expect(201);
        token = created.get("id").asString();
        secret = created.get("token").asString();
        admission = admin.post("/clusters/" + cluster + "/tpm-admissions", tpmAdmission(TPM))
                .expect(201)
                .get("id")
                .asString();
        admin.post("/clusters/" + cluster + "/document-issuers", documentIssuer("cloud"))
                .expect(201);
        String held = server.as(node)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubelet-client", null, TestIdentity.request()))
                .expect(201)
                .get("id")
                .asString();
        hold = admin.post("/revocations", "{\"certificate\": \"" + held + "\", \"reason\": \"certificateHold\"}")
                .expect(201)
                .get("id")
                .asString();
    }

    /** The route's path to what is here. */
    String path(Route route) {
        String path = route.path()
                .replace("{cluster}", cluster)
                .replace("/nodes/{node}", "/nodes/worker-1")
                .replace("/enrolment-tokens/{id}", "/enrolment-tokens/" + token)
                .replace("/tpm-admissions/{id}", "/tpm-admissions/" + admission)
                .replace("/document-issuers/{name}", "/document-issuers/cloud")
                .replace("/certificates/{id}", "/certificates/" + node.id())
                .replace("/revocations/{id}", "/revocations/" + hold)
                .replace("/rotations/{id}", "/rotations/" + NOBODYS)
                .replace("/restart-leases/{id}", "/restart-leases/" + NOBODYS)
                .replace("/operators/{name}", "/operators/" + operator.name());
        assertThat(path)
                .as("a new kind of thing in a path: say here which one exists")
                .doesNotContain("{");
        return path;
    }

    /** A good body for the route; empty for one that takes none. */
    String body(Route route) {
        if (route.body() == null) {
            return "";
        }
        TestIdentity.Request request = TestIdentity.request();
        String csr = "\"csr\": " + TestClient.quoted(request.pem());
        return switch (route.path()) {
            case "/clusters" -> "{\"name\": \"" + TestServer.fresh("never") + "\"}";
            case "/operators" ->
                "{\"name\": \"" + TestServer.fresh("never")
                        + "\", \"grants\": [{\"cluster\": \"*\", \"role\": \"viewer\"}], " + csr + "}";
            case "/operators/{name}/renew", "/certificates/{id}/renew" -> "{" + csr + "}";
            case "/clusters/{cluster}/certificates" -> TestClient.certificateRequest("kubernetes-admin", null, request);
            case "/clusters/{cluster}/certificates/adopt" ->
                "{\"certificates\": [{\"certificate\": " + TestClient.quoted(KubeadmAuthority.pem(node.certificate()))
                        + "}]}";
            case "/clusters/{cluster}/enrolment-tokens" -> "{\"nodeNamePattern\": \"*\", \"roles\": [\"worker\"]}";
            case "/clusters/{cluster}" -> "{\"extraNames\": [\"api.example.org\"]}";
            case "/clusters/{cluster}/nodes/{node}" -> "{\"addresses\": [\"192.0.2.11\"]}";
            case "/clusters/{cluster}/nodes/{node}/rename" -> "{\"name\": \"worker-9\"}";
            case "/agent/service-account-key" -> "{\"offered\": \"" + "0".repeat(64) + "\"}";
            case "/clusters/{cluster}/tpm-admissions" -> tpmAdmission(SoftTpm.ecc());
            case "/clusters/{cluster}/document-issuers" -> documentIssuer("another");
            case "/enrolments/tpm-challenges" ->
                "{\"cluster\": \"" + cluster + "\", \"endorsementKey\": \"" + SoftTpm.base64(TPM.endorsementPublic())
                        + "\", \"attestationKey\": \"" + SoftTpm.base64(TPM.attestationPublic()) + "\"}";
            case "/clusters/{cluster}/nodes/{node}/renew" -> "{\"profiles\": [\"kubelet-client\"]}";
            case "/revocations" -> "{\"certificate\": \"" + node.id() + "\", \"reason\": \"unspecified\"}";
            case "/bulk-revocations" ->
                "{\"cluster\": \"" + cluster + "\", \"filter\": {\"node\": \"worker-1\"}, \"reason\": \"unspecified\"}";
            case "/compromised-keys" -> "{\"certificate\": \"" + node.id() + "\"}";
            case "/clusters/{cluster}/nodes/{node}/quarantine" -> "{\"comment\": \"seen elsewhere\"}";
            case "/enrolments" -> TestServer.enrolment(secret, "worker-2", request);
            case "/comebacks/challenges" -> "{\"identity\": \"" + node.id() + "\"}";
            case "/comebacks" ->
                "{\"identity\": \"" + node.id() + "\", \"challenge\": \"none\", \"server\": \"" + node.id()
                        + "\", \"signature\": \"AAAA\", " + csr + "}";
            case "/agent/reports" ->
                "{\"agentVersion\": \"1\", \"at\": \"2026-11-24T00:00:00Z\", \"certificates\": []}";
            case "/agent/proofs" ->
                "{\"proofs\": [{\"certificate\": \"" + node.id()
                        + "\", \"door\": \"kube-apiserver\", \"evidence\": \"review-denied\","
                        + " \"at\": \"2026-11-24T00:00:00Z\"}]}";
            case "/clusters/{cluster}/rotations", "/clusters/{cluster}/emergency-rotations" -> "{\"kind\": \"etcd\"}";
            case "/rotations", "/emergency-rotations" -> "{\"kind\": \"installation\"}";
            case "/clusters/{cluster}/rotations/{id}/skip-node" -> "{\"node\": \"worker-1\"}";
            case "/rotations/{id}/skip-node" -> "{\"cluster\": \"" + cluster + "\", \"node\": \"worker-1\"}";
            case "/clusters/{cluster}/rotations/{id}/force", "/rotations/{id}/force" -> "{\"step\": \"renewing\"}";
            case "/clusters/{cluster}/rotations/{id}/certificate", "/rotations/{id}/certificate" ->
                "{\"certificate\": \"-----BEGIN CERTIFICATE-----\"}";
            case "/clusters/{cluster}/csr-policy" ->
                "{\"signers\": [\"kubernetes.io/kubelet-serving\"], \"userGroups\": [\"developers\"]}";
            case "/agent/csr-reviews" ->
                "{\"uid\": \"1\", \"name\": \"csr-1\", \"signerName\": \"kubernetes.io/kubelet-serving\","
                        + " \"username\": \"system:node:worker-1\", \"groups\": [\"system:nodes\"],"
                        + " \"usages\": [\"server auth\"], \"request\": " + TestClient.quoted(request.pem())
                        + ", \"approved\": false}";
            case "/agent/restart-leases" -> "{\"component\": \"etcd\", \"reason\": \"new CA\"}";
            case "/agent/restart-leases/{id}/end" -> "{\"healthy\": true}";
            case "/recovery/accept-loss" -> "{\"server\": \"00000000-0000-0000-0000-000000000000\"}";
            case "/agent/alarms" ->
                "{\"kind\": \"unknown-credential\", \"detail\": \"seen\", \"at\": \"2026-11-24T00:00:00Z\"}";
            default -> throw new AssertionError("a new route: say here what a good body of it is: " + route);
        };
    }

    private static String tpmAdmission(SoftTpm tpm) {
        return "{\"ekFingerprint\": \"" + tpm.fingerprint()
                + "\", \"nodeNamePattern\": \"*\", \"roles\": [\"worker\"]}";
    }

    /** With the key of RFC 8037 appendix A.2. */
    private String documentIssuer(String name) {
        return "{\"name\": \"" + name + "\", \"issuer\": \"https://issuer.example\", \"jwks\": {\"keys\": [{\"kty\":"
                + " \"OKP\", \"crv\": \"Ed25519\", \"x\": \"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]},"
                + " \"audience\": \"https://ca.example.org/" + cluster + "\", \"nodeNameClaim\": \"name\","
                + " \"instanceClaim\": \"sub\", \"roles\": [\"worker\"]}";
    }
}
