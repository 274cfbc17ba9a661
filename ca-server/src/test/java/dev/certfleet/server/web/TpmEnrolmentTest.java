package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.EvidenceBinding;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** An admitted TPM lets in the one machine that has it, for the key that it spoke for, once; nothing else does. */
class TpmEnrolmentTest {
    private static final SoftTpm SPARE = SoftTpm.rsa();

    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();
    private final TestClient anybody = server.anonymous();
    private final String cluster = server.newCluster();
    private final TestIdentity.Request key = TestIdentity.request();

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void enrolsTheMachineThatHasTheAdmittedTpm(String kind) throws Exception {
        SoftTpm tpm = SoftTpm.of(kind, SoftTpm.ATTESTATION);
        admit(tpm.fingerprint(), "worker-1").expect(201);

        JsonNode enrolled = enrol(tpm, "worker-1").expect(201);

        assertThat(enrolled.get("cluster").asString()).isEqualTo(cluster);
        assertThat(enrolled.get("roles").get(0).asString()).isEqualTo("worker");
        TestIdentity identity =
                key.issued(enrolled.get("certificate").get("certificate").asString());
        server.as(identity).get("/agent/assignment").expect(200);
        assertThat(events("node-enrolled").get(0).get("detail").get("evidence").asString())
                .startsWith("TPM sha256:" + tpm.fingerprint() + " by admission ");
    }

    @Test
    void refusesATpmThatIsNotAdmitted() {
        admit(SPARE.fingerprint(), "worker-1").expect(201);
        SoftTpm other = SoftTpm.ecc();

        assertThat(challenge(other)
                        .expectProblem(403, "tpm-not-admitted")
                        .get("detail")
                        .asString())
                .contains("sha256:" + other.fingerprint());
    }

    @Test
    void refusesATpmThatAnotherClusterAdmitted() {
        admin.post(
                        "/clusters/" + server.newCluster() + "/tpm-admissions",
                        "{\"ekFingerprint\": \"" + SPARE.fingerprint()
                                + "\", \"nodeNamePattern\": \"*\", \"roles\": [\"worker\"]}")
                .expect(201);

        challenge(SPARE).expectProblem(403, "tpm-not-admitted");
    }

    @Test
    void givesNobodyElsesTpmTheSecret() throws Exception {
        admit(SPARE.fingerprint(), "*").expect(201);
        SoftTpm thief = SoftTpm.rsa();
        JsonNode made = challenge(SPARE).expect(201);

        assertThatThrownBy(() -> thief.activate(bytes(made, "credential"), bytes(made, "encryptedSecret")))
                .isInstanceOf(GeneralSecurityException.class);
        // Nor its own with another attestation key than the challenge is for: that could be in no TPM at all
        assertThatThrownBy(() -> SPARE.again().activate(bytes(made, "credential"), bytes(made, "encryptedSecret")))
                .isInstanceOf(GeneralSecurityException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 5, 16, 18})
    void refusesAnAttestationKeyThatCouldSignAnythingOrBeElsewhere(int attribute) {
        SoftTpm tpm = SoftTpm.of("EC", SoftTpm.ATTESTATION & ~(1 << attribute));
        admit(tpm.fingerprint(), "*").expect(201);
        OnRecord before = OnRecord.of(server);

        challenge(tpm).expectViolation("attestation-key");

        before.assertUnchanged(server);
    }

    @Test
    void refusesADecryptingAttestationKeyAndASigningEndorsementKey() {
        SoftTpm tpm = SoftTpm.of("EC", SoftTpm.ATTESTATION | (1 << 17));
        admit(tpm.fingerprint(), "*").expect(201);

        challenge(tpm).expectViolation("attestation-key");
        challenge(tpm.attestationPublic(), SPARE.attestationPublic()).expectViolation("endorsement-key");
    }

    @Test
    void refusesEveryOtherAnswer() throws Exception {
        admit(SPARE.fingerprint(), "worker-1").expect(201);
        JsonNode made = challenge(SPARE).expect(201);
        String text = made.get("challenge").asString();
        byte[] secret = SPARE.activate(bytes(made, "credential"), bytes(made, "encryptedSecret"));
        byte[] quote =
                SoftTpm.quote(EvidenceBinding.quote(text, key.keys().getPublic().getEncoded()));
        byte[] signature = SPARE.sign(quote);
        byte[] wrong = secret.clone();
        wrong[0] ^= 1;
        byte[] forAnotherKey = SoftTpm.quote(EvidenceBinding.quote(
                text, TestIdentity.request().keys().getPublic().getEncoded()));
        byte[] notFromTheTpm = quote.clone();
        notFromTheTpm[0] = 0;
        byte[] noQuote = quote.clone();
        noQuote[5] = 0x17;
        OnRecord before = OnRecord.of(server);

        refused(post(text, wrong, quote, signature, "worker-1"));
        refused(post(text, new byte[0], quote, signature, "worker-1"));
        refused(post(text, secret, forAnotherKey, SPARE.sign(forAnotherKey), "worker-1"));
        refused(post(text, secret, quote, SPARE.again().sign(quote), "worker-1"));
        refused(post(text, secret, quote, SPARE.sign(forAnotherKey), "worker-1"));
        refused(post(text + "x", secret, quote, signature, "worker-1"));
        refused(post("v1.AAAA." + "A".repeat(43), secret, quote, signature, "worker-1"));
        refused(post("", secret, quote, signature, "worker-1"));
        post(text, secret, notFromTheTpm, SPARE.sign(notFromTheTpm), "worker-1").expectViolation("tpm-structure");
        post(text, secret, noQuote, SPARE.sign(noQuote), "worker-1").expectViolation("tpm-structure");
        for (int length = 0; length < quote.length; length += 7) {
            post(text, secret, Arrays.copyOf(quote, length), signature, "worker-1")
                    .expectViolation("tpm-structure");
        }
        post(text, secret, quote, Arrays.copyOf(signature, 40), "worker-1").expectViolation("tpm-structure");
        before.assertOnlyAudited(server);

        post(text, secret, quote, signature, "worker-1").expect(201);
    }

    @Test
    void takesAnAnswerOnce() throws Exception {
        admit(SPARE.fingerprint(), "worker-*").expect(201);
        JsonNode made = challenge(SPARE).expect(201);
        String text = made.get("challenge").asString();
        byte[] secret = SPARE.activate(bytes(made, "credential"), bytes(made, "encryptedSecret"));
        byte[] quote =
                SoftTpm.quote(EvidenceBinding.quote(text, key.keys().getPublic().getEncoded()));
        post(text, secret, quote, SPARE.sign(quote), "worker-1").expect(201);
        admin.post("/clusters/" + cluster + "/nodes/worker-1/reinstall").expect(200);

        post(text, secret, quote, SPARE.sign(quote), "worker-1").expectProblem(403, "evidence-used");
        enrol(SPARE.again(), "worker-1").expect(201);
    }

    @Test
    void givesTheSameAnswerToTheSameRequestAfterAnotherChallenge() throws Exception {
        admit(SPARE.fingerprint(), "worker-1").expect(201);
        String first =
                enrol(SPARE, "worker-1", "Idempotency-Key", "try-1").expect(201).toString();

        String second = enrol(SPARE.again(), "worker-1", "Idempotency-Key", "try-1")
                .expect(201)
                .toString();

        assertThat(second).isEqualTo(first);
    }

    @Test
    void isOneNodeUntilThatIsRetired() throws Exception {
        admit(SPARE.fingerprint(), "worker-*").expect(201);
        enrol(SPARE, "worker-1").expect(201);

        enrol(SPARE.again(), "worker-2").expectProblem(409, "machine-taken");
        enrol(SPARE.again(), "worker-1").expectProblem(409, "node-name-taken");
        admin.post("/clusters/" + cluster + "/nodes/worker-1/retire").expect(200);

        enrol(SPARE.again(), "worker-2").expect(201);
    }

    @Test
    void leavesAnotherMachineToANameThatWasReinstalledByAToken() throws Exception {
        admit(SPARE.fingerprint(), "worker-*").expect(201);
        enrol(SPARE, "worker-1").expect(201);
        admin.post("/clusters/" + cluster + "/nodes/worker-1/reinstall").expect(200);
        server.newNode(cluster, "worker-1");

        enrol(SPARE.again(), "worker-2").expect(201);
    }

    @Test
    void refusesNamesAndRolesBeyondTheAdmission() throws Exception {
        admit(SPARE.fingerprint(), "worker-1").expect(201);

        enrol(SPARE, "worker-2").expectViolation("node-name-not-granted");
    }

    @Test
    void refusesWhatWasWithdrawnMeanwhile() throws Exception {
        String id = admit(SPARE.fingerprint(), "worker-1").expect(201).get("id").asString();
        JsonNode made = challenge(SPARE).expect(201);
        admin.delete("/clusters/" + cluster + "/tpm-admissions/" + id).expect(204);

        answer(SPARE, made, "worker-1").expectProblem(403, "evidence-refused");
        challenge(SPARE).expectProblem(403, "tpm-not-admitted");
        admit(SPARE.fingerprint(), "worker-1").expect(201);
        enrol(SPARE, "worker-1").expect(201);
    }

    @Test
    void admitsAKeyOnce() {
        admit(SPARE.fingerprint(), "worker-1").expect(201);
        OnRecord before = OnRecord.of(server);

        admit("SHA256:" + SPARE.fingerprint().toUpperCase(java.util.Locale.ROOT), "worker-2")
                .expectProblem(409, "already-exists");

        before.assertUnchanged(server);
    }

    @Test
    void refusesAdmissionsThatCannotBe() {
        OnRecord before = OnRecord.of(server);
        admit("1234", "worker-1").expectViolation("ek-fingerprint");
        admit(SPARE.fingerprint(), "[a-z]").expectViolation("node-name-pattern");
        create("\"nodeNamePattern\": \"*\", \"roles\": [\"worker\"]").expectViolation("endorsement");
        create("\"ekAuthority\": \"none\", \"nodeNamePattern\": \"*\", \"roles\": [\"worker\"]")
                .expectViolation("ek-authority");
        create("\"ekFingerprint\": \"" + SPARE.fingerprint()
                        + "\", \"nodeNamePattern\": \"*\", \"roles\": [\"master\"]")
                .expectViolation("roles");
        before.assertUnchanged(server);
    }

    @Test
    void letsInWhomAnAuthorityCertified() throws Exception {
        KeyPair maker = pair();
        String authority = certificate(maker, "Maker", maker, "Maker", true);
        create("\"ekAuthority\": " + TestClient.quoted(authority)
                        + ", \"nodeNamePattern\": \"worker-*\", \"roles\": [\"worker\"]")
                .expect(201);
        String certificate = certificate(SPARE.endorsementKey, "TPM", maker, "Maker", false);
        String others = certificate(pair(), "TPM", maker, "Maker", false);
        String untrusted = certificate(SPARE.endorsementKey, "TPM", pair(), "Maker", false);

        challenge(SPARE).expectProblem(403, "tpm-not-admitted");
        challenge(SPARE, others).expectProblem(403, "tpm-not-admitted");
        challenge(SPARE, untrusted).expectProblem(403, "tpm-not-admitted");
        challenge(SPARE, "nonsense").expectViolation("tpm-structure");
        answer(SPARE, challenge(SPARE, certificate).expect(201), "worker-1").expect(201);
    }

    @Test
    void takesOnePieceOfEvidence() throws Exception {
        String token = server.newToken(cluster, "worker-1", "[\"worker\"]", 1);
        String both = TestServer.enrolment(token, "worker-1", key)
                .replaceFirst("\\{", "{\"document\": {\"cluster\": \"" + cluster + "\", \"document\": \"e30\"}, ");

        anybody.post("/enrolments", both).expectViolation("evidence");
        anybody.post("/enrolments", both.replaceFirst("\"document\": \\{[^}]*}, \"token\": \"[^\"]*\",", ""))
                .expectProblem(400, "missing-field");
    }

    private void refused(TestClient.Answer answer) {
        answer.expectProblem(403, "evidence-refused");
    }

    private TestClient.Answer admit(String fingerprint, String pattern) {
        return create("\"ekFingerprint\": \"" + fingerprint + "\", \"nodeNamePattern\": \"" + pattern
                + "\", \"roles\": [\"worker\"]");
    }

    private TestClient.Answer create(String fields) {
        return admin.post("/clusters/" + cluster + "/tpm-admissions", "{" + fields + "}");
    }

    private TestClient.Answer challenge(SoftTpm tpm) {
        return challenge(tpm.endorsementPublic(), tpm.attestationPublic());
    }

    private TestClient.Answer challenge(byte[] endorsementKey, byte[] attestationKey) {
        return anybody.post(
                "/enrolments/tpm-challenges",
                "{\"cluster\": \"" + cluster + "\", \"endorsementKey\": \"" + SoftTpm.base64(endorsementKey)
                        + "\", \"attestationKey\": \"" + SoftTpm.base64(attestationKey) + "\"}");
    }

    private TestClient.Answer challenge(SoftTpm tpm, String certificate) {
        return anybody.post(
                "/enrolments/tpm-challenges",
                "{\"cluster\": \"" + cluster + "\", \"endorsementKey\": \"" + SoftTpm.base64(tpm.endorsementPublic())
                        + "\", \"endorsementCertificate\": " + TestClient.quoted(certificate)
                        + ", \"attestationKey\": \"" + SoftTpm.base64(tpm.attestationPublic()) + "\"}");
    }

    private TestClient.Answer enrol(SoftTpm tpm, String node, String... headers) throws GeneralSecurityException {
        return answer(tpm, challenge(tpm).expect(201), node, headers);
    }

    private TestClient.Answer answer(SoftTpm tpm, JsonNode made, String node, String... headers)
            throws GeneralSecurityException {
        String text = made.get("challenge").asString();
        byte[] secret = tpm.activate(bytes(made, "credential"), bytes(made, "encryptedSecret"));
        byte[] quote =
                SoftTpm.quote(EvidenceBinding.quote(text, key.keys().getPublic().getEncoded()));
        return post(text, secret, quote, tpm.sign(quote), node, headers);
    }

    private TestClient.Answer post(
            String challenge, byte[] secret, byte[] quote, byte[] signature, String node, String... headers) {
        return anybody.post(
                "/enrolments",
                "{\"tpm\": {\"challenge\": \"" + challenge + "\", \"secret\": \"" + SoftTpm.base64(secret)
                        + "\", \"attestation\": \"" + SoftTpm.base64(quote) + "\", \"signature\": \""
                        + SoftTpm.base64(signature) + "\"}, \"nodeName\": \"" + node
                        + "\", \"roles\": [], \"addresses\": [\"" + TestServer.address(node) + "\"], \"csr\": "
                        + TestClient.quoted(key.pem()) + "}",
                headers);
    }

    private static byte[] bytes(JsonNode made, String field) {
        return Base64.getDecoder().decode(made.get(field).asString());
    }

    private JsonNode events(String type) {
        return admin.get("/audit-events?type=" + type + "&cluster=" + cluster)
                .expect(200)
                .get("items");
    }

    private static KeyPair pair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    private String certificate(KeyPair subject, String name, KeyPair issuer, String issuerName, boolean ca)
            throws Exception {
        Instant now = server.bean(java.time.Clock.class).instant();
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                new X500Name("CN=" + issuerName),
                new BigInteger(1, HexFormat.of().parseHex("0123456789abcdef")),
                Date.from(now.minusSeconds(60)),
                Date.from(now.plusSeconds(3600)),
                new X500Name("CN=" + name),
                subject.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(ca));
        if (!ca) {
            builder.addExtension(
                    Extension.extendedKeyUsage,
                    false,
                    new ExtendedKeyUsage(KeyPurposeId.getInstance(new ASN1ObjectIdentifier("2.23.133.8.1"))));
        }
        return dev.certfleet.pki.Pem.encode(
                dev.certfleet.pki.Pem.CERTIFICATE,
                builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(issuer.getPrivate()))
                        .getEncoded());
    }
}
