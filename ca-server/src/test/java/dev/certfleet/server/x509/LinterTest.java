package dev.certfleet.server.x509;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.ProfileName;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LinterTest {
    private static final Linter LINTER = new Linter(null);

    @ParameterizedTest
    @EnumSource(KeyAlgorithm.class)
    void makesPathsThatTheJdkAndOpensslAccept(KeyAlgorithm algorithm, @TempDir Path folder) throws Exception {
        byte[] root = root(algorithm);
        byte[] leaf = sign(algorithm, LINTER.lint(apiServer(), IssuerFacts.of(root), serial(), Keys.RANDOM));

        validate(root, leaf);
        Files.writeString(folder.resolve("root.pem"), RequestBuilder.pem("CERTIFICATE", root));
        Files.write(folder.resolve("leaf.der"), leaf);
        assertThat(openssl(
                        folder,
                        "verify",
                        "-x509_strict",
                        "-CAfile",
                        "root.pem",
                        "-purpose",
                        "sslserver",
                        "-attime",
                        String.valueOf(Fleet.NOW.getEpochSecond()),
                        "-verify_hostname",
                        "kubernetes",
                        "leaf.der"))
                .contains("leaf.der: OK");
        assertThat(openssl(folder, "x509", "-in", "leaf.der", "-noout", "-text"))
                .contains("CA:FALSE")
                .contains("OCSP - URI:http://status.example.org:8080/ocsp")
                .contains("CA Issuers - URI:http://status.example.org:8080/ca/prod-kubernetes-1.crt")
                .contains("URI:http://status.example.org:8080/crl/prod-kubernetes-1.crl")
                .contains("IP Address:10.96.0.1");
    }

    @Test
    void makesSelfSignedRootsWithoutAuthoritiesBelow() throws Exception {
        X509Certificate root = parse(root(KeyAlgorithm.P384));

        root.verify(root.getPublicKey());
        assertThat(root.getBasicConstraints()).isZero();
        assertThat(root.getKeyUsage()).containsExactly(false, false, false, false, false, true, true, false, false);
        assertThat(root.getNotBefore()).isEqualTo(Date.from(Fleet.NOW.minusSeconds(300)));
        assertThat(root.getNotAfter()).isEqualTo("2036-11-24T12:00:00Z");
        assertThat(root.getExtendedKeyUsage()).isNull();
    }

    @Test
    void makesOcspRespondersThatNeedNoCheck() throws Exception {
        byte[] root = root(KeyAlgorithm.P256);
        CertificateContents contents = CertificateContents.ocspResponder(
                new Subject("prod-kubernetes-1 OCSP", List.of()),
                Keys.info(Keys.generate(KeyAlgorithm.P256)),
                Fleet.NOW,
                Fleet.AUTHORITY_END,
                Duration.ofDays(7),
                Fleet.URLS);
        X509CertificateHolder responder = new X509CertificateHolder(
                sign(KeyAlgorithm.P256, LINTER.lint(contents, IssuerFacts.of(root), serial(), Keys.RANDOM)));

        assertThat(responder.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nocheck))
                .isNotNull();
        assertThat(parse(responder.getEncoded()).getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.9");
    }

    @Test
    void writesTheSerialAndKeyIdentifiersAsGiven() throws Exception {
        byte[] root = root(KeyAlgorithm.P256);
        Serial serial = Serial.parse("ff000000000000000000000000000001");
        X509Certificate leaf =
                parse(sign(KeyAlgorithm.P256, LINTER.lint(apiServer(), IssuerFacts.of(root), serial, Keys.RANDOM)));

        assertThat(leaf.getSerialNumber()).isEqualTo(serial.value());
        byte[] rootKeyId = IssuerFacts.of(root).keyId();
        assertThat(HexFormat.of().formatHex(leaf.getExtensionValue("2.5.29.35")))
                .endsWith(HexFormat.of().formatHex(rootKeyId));
    }

    @Test
    void isSignedOnce() throws Exception {
        LintedCertificate linted =
                LINTER.lint(apiServer(), IssuerFacts.of(root(KeyAlgorithm.P256)), serial(), Keys.RANDOM);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> linted.signedWith(KeyAlgorithms.signature(KeyAlgorithm.P384), new byte[70]));
        assertThat(linted.tbs())
                .isEqualTo(new X509CertificateHolder(sign(KeyAlgorithm.P256, linted))
                        .toASN1Structure()
                        .getTBSCertificate()
                        .getEncoded());

        assertThatIllegalStateException()
                .isThrownBy(() -> linted.signedWith(linted.signatureAlgorithm(), new byte[70]));
    }

    @Test
    void refusesToOutliveTheIssuer() {
        IssuerFacts issuer = IssuerFacts.of(root(KeyAlgorithm.P256));
        IssuerFacts shorter = new IssuerFacts(
                issuer.name(),
                issuer.keyId(),
                issuer.keyAlgorithm(),
                new Validity(issuer.validity().notBefore(), Fleet.NOW.plusSeconds(60)));

        assertThatExceptionOfType(LintException.class)
                .isThrownBy(() -> LINTER.lint(apiServer(), shorter, serial(), Keys.RANDOM))
                .satisfies(refused -> assertThat(refused.findings())
                        .extracting(Violation::rule)
                        .containsExactly("within-issuer"));
    }

    @Test
    void writesYearsFrom2050AsGeneralizedTime() {
        CertificateContents late = CertificateContents.authority(
                new Subject("late", List.of()),
                Keys.info(Keys.of(KeyAlgorithm.P256)),
                Instant.parse("2045-01-01T00:00:00Z"));
        LintedCertificate linted = LINTER.lint(late, IssuerFacts.selfSigned(late), serial(), Keys.RANDOM);
        assertThat(new String(linted.tbs(), java.nio.charset.StandardCharsets.ISO_8859_1))
                .contains("20550101000000Z")
                .contains("441231235500Z");
    }

    private byte[] root(KeyAlgorithm algorithm) {
        CertificateContents root = CertificateContents.authority(
                new Subject("prod-kubernetes-1", List.of()), Keys.info(Keys.of(algorithm)), Fleet.NOW);
        return sign(algorithm, LINTER.lint(root, IssuerFacts.selfSigned(root), serial(), Keys.RANDOM));
    }

    private static Serial serial() {
        return Serial.random(Keys.RANDOM);
    }

    private static CertificateContents apiServer() {
        return (CertificateContents) new Profiles(new KeyRules(DebianBlocklist.builtIn()), null)
                .contents(
                        ProfileName.KUBE_APISERVER,
                        Fleet.CONTROL_PLANE,
                        new RequestBuilder(Keys.of(KeyAlgorithm.P256)).request(),
                        Fleet.validity(),
                        Fleet.URLS);
    }

    private static byte[] sign(KeyAlgorithm algorithm, LintedCertificate linted) {
        try {
            Signature signature = Signature.getInstance(algorithm.signature());
            signature.initSign(Keys.of(algorithm).getPrivate());
            signature.update(linted.tbs());
            return linted.signedWith(linted.signatureAlgorithm(), signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static X509Certificate parse(byte[] der) throws GeneralSecurityException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    private static void validate(byte[] root, byte[] leaf) throws GeneralSecurityException {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(parse(root), null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(Fleet.NOW));
        CertPathValidator.getInstance("PKIX")
                .validate(CertificateFactory.getInstance("X.509").generateCertPath(List.of(parse(leaf))), parameters);
    }

    private static String openssl(Path folder, String... arguments) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
