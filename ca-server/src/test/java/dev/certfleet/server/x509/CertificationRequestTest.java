package dev.certfleet.server.x509;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.KeyAlgorithm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificationRequestTest {
    private final RequestBuilder good = new RequestBuilder(Keys.of(KeyAlgorithm.P256))
            .subject("O=prod,CN=worker-1")
            .dns("worker-1")
            .address("192.0.2.20");

    @Test
    void readsPemAndDer() {
        byte[] der = good.der();
        assertThat(CertificationRequest.parse(der)).isInstanceOf(CertificationRequest.class);
        assertThat(CertificationRequest.parse(RequestBuilder.pem("CERTIFICATE REQUEST", der)))
                .isInstanceOf(CertificationRequest.class);
        assertThat(CertificationRequest.parse(RequestBuilder.pem("NEW CERTIFICATE REQUEST", der)
                        .getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .isInstanceOf(CertificationRequest.class);
    }

    @Test
    void readsWhatOpensslWrites(@TempDir Path folder) throws Exception {
        Process openssl = new ProcessBuilder(
                        "openssl",
                        "req",
                        "-new",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:P-256",
                        "-nodes",
                        "-keyout",
                        folder.resolve("key").toString(),
                        "-out",
                        folder.resolve("csr").toString(),
                        "-subj",
                        "/CN=worker-1",
                        "-addext",
                        "subjectAltName=DNS:worker-1,IP:192.0.2.20")
                .redirectErrorStream(true)
                .start();
        openssl.getInputStream().readAllBytes();
        assertThat(openssl.waitFor()).isZero();

        ParsedRequest parsed = CertificationRequest.parse(Files.readString(folder.resolve("csr")));

        assertThat(parsed).isInstanceOfSatisfying(CertificationRequest.class, request -> {
            assertThat(request.wishes().names()).hasSize(2);
            assertThat(request.subject()).hasSize(1);
            assertThat(new SignatureCheck(null).check(request)).isEmpty();
        });
    }

    @Test
    void refusesOtherPemLabelsAndTextAround() {
        assertMalformed(RequestBuilder.pem("CERTIFICATE", good.der()));
        assertMalformed("Certificate Request:\n" + good.pem());
        assertMalformed(good.pem() + good.pem());
        assertMalformed(good.pem().replace("END CERT", "END NEW CERT"));
        assertMalformed("");
        assertMalformed("-----BEGIN CERTIFICATE REQUEST-----\n====\n-----END CERTIFICATE REQUEST-----");
    }

    @Test
    void refusesAMegabyteOfNamesByItsSizeAlone() {
        RequestBuilder large = new RequestBuilder(Keys.of(KeyAlgorithm.P256));
        for (int i = 0; i < 20_000; i++) {
            large.dns("name-" + i + ".of.quite.some.length.example.org");
        }
        String pem = large.pem();
        assertThat(pem).hasSizeGreaterThan(1_000_000);

        assertThat(CertificationRequest.parse(pem))
                .isInstanceOfSatisfying(
                        Violations.class, refused -> assertThat(refused.rules()).containsExactly("request-too-large"));
        assertThat(CertificationRequest.parse(large.der()))
                .isInstanceOfSatisfying(
                        Violations.class, refused -> assertThat(refused.rules()).containsExactly("request-too-large"));
    }

    @Test
    void refusesWhateverIsCutOff() {
        byte[] der = good.der();
        for (int length = 0; length < der.length; length++) {
            assertThat(CertificationRequest.parse(Arrays.copyOf(der, length))).isInstanceOf(Violations.class);
        }
        assertThat(CertificationRequest.parse(Arrays.copyOf(der, der.length + 1)))
                .isInstanceOf(Violations.class);
    }

    @Test
    void survivesAnyChangeOfOctets() {
        byte[] der = good.der();
        Random random = new Random(42);
        Profiles profiles = new Profiles(new KeyRules(DebianBlocklist.builtIn()), null);
        for (int i = 0; i < 1500; i++) {
            byte[] changed = der.clone();
            for (int j = 0; j <= random.nextInt(4); j++) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            if (!Arrays.equals(changed, der)
                    && CertificationRequest.parse(changed) instanceof CertificationRequest request) {
                assertThat(profiles.contents(
                                dev.certfleet.pki.ProfileName.KUBELET_SERVING,
                                Fleet.WORKER,
                                request,
                                Fleet.validity(),
                                Fleet.URLS))
                        .isInstanceOf(Violations.class);
            }
        }
    }

    @Test
    void refusesEndlessNestingWithoutFollowingIt() {
        byte[] nested = new byte[60_000];
        for (int i = 0; i < nested.length; i += 4) {
            int rest = nested.length - i - 4;
            nested[i] = 0x30;
            nested[i + 1] = (byte) 0x82;
            nested[i + 2] = (byte) (rest >> 8);
            nested[i + 3] = (byte) rest;
        }
        assertThat(CertificationRequest.parse(nested)).isInstanceOf(Violations.class);
        assertThat(CertificationRequest.parse(indefinite())).isInstanceOf(Violations.class);
    }

    @Test
    void refusesEndlessNestingInsideExtensionsAndKeys() throws Exception {
        ExtensionsGenerator extensions = new ExtensionsGenerator();
        extensions.addExtension(Extension.subjectAlternativeName, false, indefinite());
        var pair = Keys.of(KeyAlgorithm.P256);
        byte[] der = new JcaPKCS10CertificationRequestBuilder(new X500Name(""), pair.getPublic())
                .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()))
                .getEncoded();
        assertThat(CertificationRequest.parse(der))
                .isInstanceOfSatisfying(
                        Violations.class, refused -> assertThat(refused.rules()).containsExactly("malformed-request"));

        SubjectPublicKeyInfo key = new SubjectPublicKeyInfo(
                new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE), indefinite());
        assertThat(new KeyRules(DebianBlocklist.builtIn()).check(key, EnumSet.allOf(KeyAlgorithm.class)))
                .extracting(Violation::rule)
                .containsExactly("key-encoding");
    }

    private static byte[] indefinite() {
        byte[] indefinite = new byte[40_000];
        for (int i = 0; i < indefinite.length; i += 2) {
            indefinite[i] = 0x30;
            indefinite[i + 1] = (byte) 0x80;
        }
        return indefinite;
    }

    private static void assertMalformed(String pem) {
        assertThat(CertificationRequest.parse(pem))
                .isInstanceOfSatisfying(
                        Violations.class, refused -> assertThat(refused.rules()).containsExactly("malformed-request"));
    }
}
