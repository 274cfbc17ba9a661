package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.EvidenceBinding;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** A document of a trusted issuer lets in the machine it is about, for this cluster, while it is fresh, once. */
class DocumentEnrolmentTest {
    private static final String ISSUER = "https://accounts.google.com";
    private static final KeyPair EC = keys("EC", 256);
    private static final KeyPair RSA = keys("RSA", 2048);
    private static final KeyPair EDWARDS = keys("Ed25519", 0);

    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final TestClient anybody = server.anonymous();
    private final String cluster = server.newCluster();
    private final String audience = "https://ca.example.org/" + cluster;
    private final TestIdentity.Request key = TestIdentity.request();
    private final long now = server.bean(Clock.class).instant().getEpochSecond();

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "ES256", "EdDSA"})
    void enrolsTheMachineThatADocumentIsAbout(String algorithm) {
        trust("").expect(201);

        JsonNode enrolled =
                enrol(document(algorithm, claims("worker-1", "1")), "worker-1").expect(201);

        assertThat(enrolled.get("cluster").asString()).isEqualTo(cluster);
        TestIdentity identity =
                key.issued(enrolled.get("certificate").get("certificate").asString());
        server.as(identity).get("/agent/assignment").expect(200);
        assertThat(events("node-enrolled").get(0).get("detail").get("evidence").asString())
                .isEqualTo("document of cloud for instance 1");
    }

    @Test
    void refusesDocumentsThatNoTrustedKeySigned() throws Exception {
        trust("").expect(201);
        String good = document("ES256", claims("worker-1", "1"));
        String[] parts = good.split("\\.");
        String none = base64("{\"alg\":\"none\"}") + "." + parts[1] + ".";
        String hmac = hmac(
                base64("{\"alg\":\"HS256\",\"kid\":\"rsa\"}") + "." + parts[1],
                RSA.getPublic().getEncoded());
        OnRecord before = OnRecord.of(server);

        refused(none);
        refused(hmac);
        refused(sign("{\"alg\":\"RS256\",\"kid\":\"ec\"}", "RS256", RSA, claims("worker-1", "1")));
        refused(sign("{\"alg\":\"ES256\",\"kid\":\"ec\"}", "ES256", keys("EC", 256), claims("worker-1", "1")));
        refused(sign("{\"alg\":\"ES256\",\"kid\":\"other\"}", "ES256", EC, claims("worker-1", "1")));
        refused(sign("{\"alg\":\"ES256\"}", "ES256", EC, claims("worker-1", "1")));
        refused(sign(
                "{\"alg\":\"ES256\",\"kid\":\"ec\",\"crit\":[\"x\"],\"x\":1}", "ES256", EC, claims("worker-1", "1")));
        refused(document("ES256", claims("worker-1", "1").replace(ISSUER, "https://other.example")));
        refused(parts[0] + "." + base64(claims("worker-1", "2")) + "." + parts[2]);
        refused(parts[0] + "." + parts[1] + "." + "A".repeat(86));
        refused(parts[0] + "." + parts[1] + ".");
        refused(parts[0] + "." + parts[1]);
        refused("");
        refused("x".repeat(20_000));
        refused(base64("[") + "." + base64("[]") + ".AA");
        refused(parts[0] + "." + base64("[1]") + "." + parts[2]);
        before.assertUnchanged(server);

        enrol(good, "worker-1").expect(201);
    }

    @ParameterizedTest
    @CsvSource({
        "-700, 3600, the document is older than 600 s",
        "90, 3600, the document is of the future; is a clock wrong?",
        "-60, -1, the document has expired"
    })
    void refusesDocumentsOutOfTheirTime(long issued, long expires, String why) {
        trust("").expect(201);

        assertThat(enrol(document("ES256", claims("worker-1", "1", audience, now + issued, now + expires)), "worker-1")
                        .expectProblem(403, "evidence-refused")
                        .get("detail")
                        .asString())
                .isEqualTo(why);
    }

    @Test
    void refusesDocumentsThatCountForEver() {
        trust("").expect(201);
        for (String claim : new String[] {"iat", "exp"}) {
            refused(document("ES256", claims("worker-1", "1").replace("\"" + claim + "\"", "\"other\"")));
        }
    }

    @Test
    void refusesDocumentsForAnotherAudience() {
        trust("").expect(201);
        String other = server.newCluster();

        refused(document("ES256", claims("worker-1", "1", "https://ca.example.org/" + other, now, now + 60)));
        refused(document("ES256", claims("worker-1", "1", audience + "x", now, now + 60)));
        anybody.post("/enrolments", body(document("ES256", claims("worker-1", "1")), "worker-1", other))
                .expectProblem(403, "evidence-refused");
    }

    @Test
    void refusesMachinesThatTheEntryIsNotFor() {
        trust(
                        ", \"constraints\": {\"/google/compute_engine/project_id\": [\"ours\"]}, \"nodeNamePattern\": \"worker-*\"")
                .expect(201);

        refused(document("ES256", claims("worker-1", "1").replace("\"ours\"", "\"theirs\"")));
        refused(document("ES256", claims("worker-1", "1").replace("\"ours\"", "[\"ours\"]")));
        refused(document("ES256", claims("worker-1", "1").replace("project_id", "project")));
        refused(document("ES256", claims("control-1", "1")), "control-1");
        refused(document("ES256", claims("worker-1", "1").replace("instance_id", "id")));
        refused(document("ES256", claims("*", "1")));
        enrol(document("ES256", claims("worker-1", "1")), "worker-2").expectViolation("node-name-not-granted");
        enrol(document("ES256", claims("worker-1", "1")), "worker-1").expect(201);
    }

    @Test
    void trustsOneIssuerForSeveralKindsOfMachines() {
        trust(", \"constraints\": {\"/google/compute_engine/project_id\": [\"others\"]}")
                .expect(201);
        admin.post(
                        "/clusters/" + cluster + "/document-issuers",
                        issuer(", \"constraints\": {\"/google/compute_engine/project_id\": [\"ours\"]}")
                                .replace("\"cloud\"", "\"second\"")
                                .replace("[\"worker\"]", "[\"control-plane\"]"))
                .expect(201);

        assertThat(enrol(document("ES256", claims("worker-1", "1")), "worker-1")
                        .expect(201)
                        .get("roles")
                        .get(0)
                        .asString())
                .isEqualTo("control-plane");
    }

    @Test
    void takesADocumentOnceAndAMachineForOneNode() {
        trust("").expect(201);
        String document = document("ES256", claims("worker-1", "1"));
        enrol(document, "worker-1").expect(201);

        enrol(document, "worker-1").expectProblem(403, "evidence-used");
        enrol(document("ES256", claims("worker-1", "1", audience, now - 1, now + 60)), "worker-1")
                .expectProblem(409, "node-name-taken");
        enrol(document("ES256", claims("worker-2", "1")), "worker-2").expectProblem(409, "machine-taken");
        admin.post("/clusters/" + cluster + "/nodes/worker-1/reinstall").expect(200);
        enrol(document, "worker-1").expectProblem(403, "evidence-used");
        enrol(document("ES256", claims("worker-1", "1", audience, now - 2, now + 60)), "worker-1")
                .expect(201);
    }

    @Test
    void bindsADocumentToTheKeyWhereItsIssuerTakesANonce() {
        trust(", \"nonceClaim\": \"nonce\"").expect(201);
        String nonce = EvidenceBinding.nonce(key.keys().getPublic().getEncoded());
        String other =
                EvidenceBinding.nonce(TestIdentity.request().keys().getPublic().getEncoded());

        refused(document("ES256", claims("worker-1", "1")));
        refused(document("ES256", withNonce(other)));
        enrol(document("ES256", withNonce(nonce)), "worker-1").expect(201);
    }

    @Test
    void bindsADocumentToTheKeyByItsAudience() {
        trust(", \"nonceClaim\": \"aud\"").expect(201);
        String nonce = EvidenceBinding.nonce(key.keys().getPublic().getEncoded());

        refused(document("ES256", claims("worker-1", "1")));
        enrol(document("ES256", claims("worker-1", "1", audience + "#" + nonce, now, now + 60)), "worker-1")
                .expect(201);
    }

    @Test
    void trustsNobodyWhoWasWithdrawn() {
        trust("").expect(201);
        trust("").expectProblem(409, "already-exists");
        assertThat(admin.get("/clusters/" + cluster + "/document-issuers")
                        .expect(200)
                        .get("items")
                        .get(0)
                        .get("issuer")
                        .asString())
                .isEqualTo(ISSUER);

        admin.delete("/clusters/" + cluster + "/document-issuers/cloud").expect(204);

        admin.delete("/clusters/" + cluster + "/document-issuers/cloud").expectProblem(404, "not-found");
        refused(document("ES256", claims("worker-1", "1")));
    }

    @Test
    void refusesIssuersThatCannotBe() {
        OnRecord before = OnRecord.of(server);
        create(issuer("").replace(audience, "https://ca.example.org/another")).expectViolation("audience");
        create(issuer("").replace(audience, cluster)).expectViolation("audience");
        create(issuer(", \"maxAge\": \"PT25H\"")).expectViolation("max-age");
        create(issuer(", \"maxAge\": \"1h\"")).expectViolation("max-age");
        create(issuer(", \"constraints\": {\"a\": []}")).expectViolation("constraints");
        create(issuer("").replace("\"cloud\"", "\"Cloud 1\"")).expectViolation("name");
        create(issuer("").replace(jwks(), "{}")).expectProblem(400, "missing-field");
        create(issuer("").replace(jwks(), "{\"keys\": []}")).expectViolation("jwks");
        create(issuer("").replace(jwks(), "{\"keys\": [{\"kty\": \"oct\", \"k\": \"AAAA\"}]}"))
                .expectViolation("jwks");
        create(issuer("").replace("\"alg\": \"ES256\"", "\"alg\": \"ES384\"")).expectViolation("jwks");
        create(issuer("").replace("\"kid\": \"ec\"", "\"kid\": \"rsa\"")).expectViolation("jwks");
        create(issuer("").replace("\"use\": \"sig\"", "\"use\": \"enc\"")).expectViolation("jwks");
        create(issuer("").replace("\"kty\": \"EC\"", "\"kty\": \"EC\", \"d\": \"" + "A".repeat(43) + "\""))
                .expectViolation("jwks");
        before.assertUnchanged(server);
    }

    private void refused(String document) {
        refused(document, "worker-1");
    }

    private void refused(String document, String node) {
        enrol(document, node).expectProblem(403, "evidence-refused");
    }

    private TestClient.Answer trust(String more) {
        return create(issuer(more));
    }

    private TestClient.Answer create(String body) {
        return admin.post("/clusters/" + cluster + "/document-issuers", body);
    }

    private String issuer(String more) {
        return "{\"name\": \"cloud\", \"issuer\": \"" + ISSUER + "\", \"jwks\": " + jwks() + ", \"audience\": \""
                + audience + "\", \"nodeNameClaim\": \"/google/compute_engine/instance_name\", \"instanceClaim\":"
                + " \"/google/compute_engine/instance_id\", \"roles\": [\"worker\"]" + more + "}";
    }

    private static String jwks() {
        RSAPublicKey rsa = (RSAPublicKey) RSA.getPublic();
        ECPublicKey ec = (ECPublicKey) EC.getPublic();
        byte[] edwards = ((EdECPublicKey) EDWARDS.getPublic()).getEncoded();
        return "{\"keys\": [{\"kty\": \"RSA\", \"kid\": \"rsa\", \"alg\": \"RS256\", \"use\": \"sig\", \"n\": \""
                + base64(unsigned(rsa.getModulus().toByteArray(), 256)) + "\", \"e\": \"AQAB\"}, {\"kty\": \"EC\","
                + " \"kid\": \"ec\", \"alg\": \"ES256\", \"crv\": \"P-256\", \"x\": \""
                + base64(unsigned(ec.getW().getAffineX().toByteArray(), 32)) + "\", \"y\": \""
                + base64(unsigned(ec.getW().getAffineY().toByteArray(), 32)) + "\"}, {\"kty\": \"OKP\", \"kid\":"
                + " \"edwards\", \"crv\": \"Ed25519\", \"x\": \""
                + base64(Arrays.copyOfRange(edwards, edwards.length - 32, edwards.length)) + "\"}]}";
    }

    private static byte[] unsigned(byte[] signed, int length) {
        byte[] fixed = new byte[length];
        int from = Math.max(0, signed.length - length);
        System.arraycopy(signed, from, fixed, length - (signed.length - from), signed.length - from);
        return fixed;
    }

    private String claims(String node, String instance) {
        return claims(node, instance, audience, now, now + 3600);
    }

    private String withNonce(String nonce) {
        return claims("worker-1", "1").replaceFirst("\\{", "{\"nonce\": \"" + nonce + "\", ");
    }

    /** As Google Compute Engine's metadata server signs them with {@code format=full}. */
    private static String claims(String node, String instance, String audience, long issued, long expires) {
        return "{\"aud\": \"" + audience + "\", \"azp\": \"1034\", \"email\": \"1034-compute@example.org\","
                + " \"email_verified\": true, \"exp\": " + expires + ", \"google\": {\"compute_engine\":"
                + " {\"instance_creation_timestamp\": 1700000000, \"instance_id\": \"" + instance
                + "\", \"instance_name\": \"" + node + "\", \"project_id\": \"ours\", \"project_number\": 739419398126,"
                + " \"zone\": \"europe-west3-a\"}}, \"iat\": " + issued + ", \"iss\": \"" + ISSUER
                + "\", \"sub\": \"1034\"}";
    }

    private TestClient.Answer enrol(String document, String node) {
        return anybody.post("/enrolments", body(document, node, cluster));
    }

    private String body(String document, String node, String intoCluster) {
        return "{\"document\": {\"cluster\": \"" + intoCluster + "\", \"document\": " + TestClient.quoted(document)
                + "}, \"nodeName\": \"" + node + "\", \"roles\": [], \"addresses\": [\"" + TestServer.address(node)
                + "\"], \"csr\": " + TestClient.quoted(key.pem()) + "}";
    }

    private static String document(String algorithm, String claims) {
        return switch (algorithm) {
            case "RS256" -> sign("{\"alg\":\"RS256\",\"kid\":\"rsa\"}", algorithm, RSA, claims);
            case "ES256" -> sign("{\"alg\":\"ES256\",\"kid\":\"ec\"}", algorithm, EC, claims);
            default -> sign("{\"alg\":\"EdDSA\",\"kid\":\"edwards\"}", algorithm, EDWARDS, claims);
        };
    }

    private static String sign(String header, String algorithm, KeyPair keys, String claims) {
        String signed = base64(header) + "." + base64(claims);
        try {
            Signature signature = Signature.getInstance(
                    switch (algorithm) {
                        case "RS256" -> "SHA256withRSA";
                        case "ES256" -> "SHA256withECDSAinP1363Format";
                        default -> "Ed25519";
                    });
            signature.initSign(keys.getPrivate());
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + base64(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String hmac(String signed, byte[] secret) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        return signed + "." + base64(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII)));
    }

    private static KeyPair keys(String kind, int size) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
            if (size > 0) {
                generator.initialize(size);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String base64(String text) {
        return base64(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String base64(byte[] octets) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
    }

    private JsonNode events(String type) {
        return admin.get("/audit-events?type=" + type + "&cluster=" + cluster)
                .expect(200)
                .get("items");
    }
}
