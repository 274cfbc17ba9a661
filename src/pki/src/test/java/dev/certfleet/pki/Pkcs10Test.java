package dev.certfleet.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.testing.TestAuthority;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class Pkcs10Test {
    @ParameterizedTest
    @EnumSource
    void makesRequestsThatBouncyCastleAndOpensslVerify(KeyAlgorithm algorithm) throws Exception {
        KeyPair keys = TestAuthority.keyPair(algorithm);

        byte[] request = Pkcs10.request(
                keys,
                algorithm,
                "system:node:worker-1",
                List.of("system:nodes"),
                List.of("worker-1", "worker-1.example"),
                List.of("10.0.0.7", "fd00::7"));

        JcaPKCS10CertificationRequest parsed = new JcaPKCS10CertificationRequest(request);
        assertThat(parsed.isSignatureValid(new JcaContentVerifierProviderBuilder().build(keys.getPublic())))
                .isTrue();
        assertThat(parsed.getPublicKey()).isEqualTo(keys.getPublic());
        assertThat(parsed.getSubject())
                .isEqualTo(new X500Name(BCStyle.INSTANCE, "O=system:nodes,CN=system:node:worker-1"));
        assertThat(names(parsed).getNames())
                .containsExactly(
                        new GeneralName(GeneralName.dNSName, "worker-1"),
                        new GeneralName(GeneralName.dNSName, "worker-1.example"),
                        new GeneralName(GeneralName.iPAddress, "10.0.0.7"),
                        new GeneralName(GeneralName.iPAddress, "fd00::7"));
        assertThat(openssl(Pem.encode(Pem.CERTIFICATE_REQUEST, request)))
                .contains("self-signature verify OK", "IP Address:10.0.0.7");
    }

    private static GeneralNames names(PKCS10CertificationRequest request) {
        return GeneralNames.fromExtensions(request.getRequestedExtensions(), Extension.subjectAlternativeName);
    }

    private static String openssl(String pem) throws Exception {
        Process process = new ProcessBuilder("openssl", "req", "-verify", "-noout", "-text")
                .redirectErrorStream(true)
                .start();
        try (OutputStream input = process.getOutputStream()) {
            input.write(pem.getBytes(StandardCharsets.US_ASCII));
        }
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void asksForNoExtensionWhereThereAreNoNames() throws Exception {
        KeyPair keys = TestAuthority.keyPair(KeyAlgorithm.P256);

        byte[] request = Pkcs10.request(keys, KeyAlgorithm.P256, "worker-1", List.of(), List.of(), List.of());

        assertThat(new PKCS10CertificationRequest(request).getAttributes()).isEmpty();
    }

    @Test
    void refusesKeysOfAnotherKindAndAddressesThatAreNone() {
        KeyPair keys = TestAuthority.keyPair(KeyAlgorithm.P256);

        assertThatThrownBy(() -> Pkcs10.request(keys, KeyAlgorithm.ED25519, "x", List.of(), List.of(), List.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () -> Pkcs10.request(keys, KeyAlgorithm.P256, "x", List.of(), List.of(), List.of("localhost")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Pkcs10.request(keys, KeyAlgorithm.P256, "x", List.of(), List.of("wörker"), List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
