package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.Pem;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestServer;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** An authority under a root that certfleet does not have: request out, certificate in, chain checked. */
class OutsideAuthorityTest {
    private static final Duration YEARS = Duration.ofDays(2000);

    private final Rotating rotating = Rotating.shared();
    private final TestServer server = rotating.server();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();
    private final String path = "/clusters/" + cluster + "/rotations";
    private final KeyPair rootKey = key(256);
    private final KeyPair policyKey = key(256);
    private final Authority root = new Authority("CN=Example Root", rootKey);
    private final Authority policy = new Authority("CN=Example Policy CA", policyKey);

    private String rootPem = "";

    private record Authority(String name, KeyPair key) {}

    /**
     * What is to be in a certificate.
     *
     * @param below how many authorities may be below; null for no bound
     * @param authority whether it is a CA
     * @param uses keyUsage; 0 leaves it out
     */
    private record Wanted(
            X500Name subject,
            SubjectPublicKeyInfo key,
            @Nullable Integer below,
            boolean authority,
            int uses,
            boolean namesBound,
            boolean clientsOnly,
            Duration life) {}

    @Test
    void issuesUnderItsOwnCertificateAlone() throws Exception {
        ReportingNode node = new ReportingNode(server, cluster, "cp-1", "[\"control-plane\", \"etcd\"]");
        String id = start("etcd", null);
        JsonNode waiting = admin.get(path + "/" + id).expect(200);
        assertThat(waiting.get("step").asString()).isEqualTo("awaiting-certificate");
        assertThat(waiting.get("incoming").asString()).isEqualTo(cluster + "-etcd-2");
        rotating.turn();
        admin.get("/authorities/" + cluster + "-etcd-2").expectProblem(404, "not-found");

        String own = own(id, wanted -> wanted);
        certify(id, own + policyPem(wanted -> wanted) + rootPem()).expect(200);

        String bundle = bundle("etcd");
        assertThat(bundle).endsWith(own);
        node.report();
        rotating.turn();
        assertThat(admin.get(path + "/" + id).expect(200).get("step").asString())
                .isEqualTo("renewing");
        String chain = node.issue("etcd-server");
        assertThat(chain).startsWith(own);
        assertThat(certificates(chain)).hasSize(2);
        admin.get(path + "/" + id + "/request").expectProblem(404, "not-found");
        certify(id, own).expectProblem(409, "rotation-step");
    }

    @Test
    void trustsTheRootWhereThatIsAskedForAndEndsWithIt() throws Exception {
        ReportingNode node = new ReportingNode(server, cluster, "cp-1", "[\"control-plane\"]");
        String id = start("front-proxy", "root");
        Duration short91 = Duration.ofDays(91);
        String own = own(id, wanted -> with(wanted, YEARS));
        String between = policyPem(wanted -> with(wanted, short91));
        certify(id, own + between + rootPem()).expect(200);
        assertThat(bundle("front-proxy")).endsWith(rootPem()).doesNotContain(own);
        node.report();
        rotating.turn();
        assertThat(node.issue("front-proxy-client")).isEqualTo(own + between);

        Instant end = admin.get("/authorities/" + cluster + "-front-proxy-2")
                .expect(200)
                .get("notAfter")
                .asString()
                .transform(Instant::parse);
        assertThat(end)
                .as("that of the first in its chain to end")
                .isEqualTo(certificates(between)[0].getNotAfter().toInstant());
    }

    @Test
    void givesUpTheRequest() {
        String id = start("etcd", null);
        admin.post(path + "/" + id + "/abort").expect(200);
        admin.get(path + "/" + id + "/request").expectProblem(404, "not-found");
        assertThat(admin.get(path + "/" + start("etcd", null))
                        .expect(200)
                        .get("incoming")
                        .asString())
                .isEqualTo(cluster + "-etcd-2");
    }

    @Test
    void refusesChainsThatComponentsWouldRefuse() throws Exception {
        String id = start("etcd", null);
        String policyPem = policyPem(wanted -> wanted);
        String good = own(id, wanted -> wanted);
        String rest = policyPem + rootPem();

        certify(id, own(id, wanted -> with(wanted, key(256))) + rest).expectViolation("key");
        certify(id, own(id, wanted -> with(wanted, new X500Name("CN=other"))) + rest)
                .expectViolation("subject");
        certify(id, good + policyPem).expectViolation("chain");
        certify(id, good + rootPem()).expectViolation("chain");
        certify(id, own(id, wanted -> wanted, new Authority(policy.name(), key(256))) + rest)
                .expectViolation("signature");
        certify(id, own(id, wanted -> with(wanted, false, KeyUsage.digitalSignature)) + rest)
                .expectProblem(422, "request-refused");
        certify(id, own(id, wanted -> with(wanted, true, KeyUsage.keyCertSign)) + rest)
                .expectViolation("key-usage");
        certify(id, good + policyPem(wanted -> with(wanted, 0)) + rootPem()).expect(422);
        certify(id, good + policyPem(OutsideAuthorityTest::withBoundNames) + rootPem())
                .expectViolation("name-constraints");
        certify(id, good + policyPem(OutsideAuthorityTest::forClientsOnly) + rootPem())
                .expectViolation("extended-key-usage");
        certify(id, good + policyPem(wanted -> with(wanted, Duration.ofDays(20))) + rootPem())
                .expectViolation("validity");
        certify(id, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
                .expectViolation("chain");
        assertThat(admin.get(path + "/" + id).expect(200).get("step").asString())
                .isEqualTo("awaiting-certificate");

        certify(id, good + rest).expect(200);
    }

    private String start(String kind, @Nullable String anchor) {
        return admin.post(
                        path,
                        "{\"kind\": \"" + kind + "\", \"issuer\": \"external\""
                                + (anchor == null ? "" : ", \"anchor\": \"" + anchor + "\"") + "}")
                .expect(201)
                .get("id")
                .asString();
    }

    private TestClient.Answer certify(String id, String chain) {
        return admin.post(path + "/" + id + "/certificate", "{\"certificate\": " + TestClient.quoted(chain) + "}");
    }

    private String own(String id, UnaryOperator<Wanted> change) throws Exception {
        return own(id, change, policy);
    }

    private String own(String id, UnaryOperator<Wanted> change, Authority issuer) throws Exception {
        String pem = admin.get(path + "/" + id + "/request", "Accept", "application/x-pem-file")
                .text();
        PKCS10CertificationRequest request = new PKCS10CertificationRequest(
                Pem.decode(pem, Pem.CERTIFICATE_REQUEST).getFirst());
        return certificate(change.apply(wanted(request.getSubject(), request.getSubjectPublicKeyInfo(), 0)), issuer);
    }

    private String policyPem(UnaryOperator<Wanted> change) throws Exception {
        return certificate(change.apply(wanted(new X500Name(policy.name()), info(policyKey), 1)), root);
    }

    private String rootPem() throws Exception {
        if (rootPem.isEmpty()) {
            rootPem = certificate(wanted(new X500Name(root.name()), info(rootKey), null), root);
        }
        return rootPem;
    }

    private static Wanted wanted(X500Name subject, SubjectPublicKeyInfo key, @Nullable Integer below) {
        return new Wanted(subject, key, below, true, KeyUsage.keyCertSign | KeyUsage.cRLSign, false, false, YEARS);
    }

    private static Wanted with(Wanted old, KeyPair key) {
        return new Wanted(old.subject(), info(key), old.below(), true, old.uses(), false, false, old.life());
    }

    private static Wanted with(Wanted old, X500Name subject) {
        return new Wanted(subject, old.key(), old.below(), true, old.uses(), false, false, old.life());
    }

    private static Wanted with(Wanted old, boolean authority, int uses) {
        return new Wanted(old.subject(), old.key(), old.below(), authority, uses, false, false, old.life());
    }

    private static Wanted with(Wanted old, int below) {
        return new Wanted(old.subject(), old.key(), below, true, old.uses(), false, false, old.life());
    }

    private static Wanted with(Wanted old, Duration life) {
        return new Wanted(old.subject(), old.key(), old.below(), true, old.uses(), false, false, life);
    }

    private static Wanted withBoundNames(Wanted old) {
        return new Wanted(old.subject(), old.key(), old.below(), true, old.uses(), true, false, old.life());
    }

    private static Wanted forClientsOnly(Wanted old) {
        return new Wanted(old.subject(), old.key(), old.below(), true, old.uses(), false, true, old.life());
    }

    /** With a short serial, as another CA might give. */
    private String certificate(Wanted wanted, Authority issuer) throws Exception {
        Instant from = Instant.parse("2026-01-01T00:00:00Z");
        Instant until = rotating.clock().instant().plus(wanted.life()).truncatedTo(ChronoUnit.DAYS);
        X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                new X500Name(issuer.name()),
                BigInteger.valueOf(wanted.subject().hashCode() & 0x7fffffffL).add(BigInteger.ONE),
                Date.from(from),
                Date.from(until),
                wanted.subject(),
                wanted.key());
        Integer below = wanted.below();
        builder.addExtension(
                Extension.basicConstraints,
                true,
                !wanted.authority()
                        ? new BasicConstraints(false)
                        : below == null ? new BasicConstraints(true) : new BasicConstraints(below));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(wanted.uses()));
        builder.addExtension(Extension.subjectKeyIdentifier, false, new SubjectKeyIdentifier(new byte[] {
            1, 2, 3, (byte) wanted.subject().hashCode()
        }));
        if (wanted.namesBound()) {
            builder.addExtension(
                    Extension.nameConstraints,
                    true,
                    new NameConstraints(
                            new GeneralSubtree[] {
                                new GeneralSubtree(new GeneralName(GeneralName.dNSName, "example.org"))
                            },
                            null));
        }
        if (wanted.clientsOnly()) {
            builder.addExtension(
                    Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth));
        }
        return Pem.encode(
                Pem.CERTIFICATE,
                builder.build(new JcaContentSignerBuilder("SHA256withECDSA")
                                .build(issuer.key().getPrivate()))
                        .getEncoded());
    }

    private static X509Certificate[] certificates(String pem) throws Exception {
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
                .toArray(X509Certificate[]::new);
    }

    private static KeyPair key(int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SubjectPublicKeyInfo info(KeyPair key) {
        return SubjectPublicKeyInfo.getInstance(key.getPublic().getEncoded());
    }

    private String bundle(String name) {
        return admin.get("/clusters/" + cluster + "/trust-bundles")
                .expect(200)
                .get("bundles")
                .get(name)
                .asString();
    }
}
