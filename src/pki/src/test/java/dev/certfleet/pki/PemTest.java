package dev.certfleet.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.testing.Mutations;
import dev.certfleet.pki.testing.TestAuthority;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PemTest {
    private static final Instant NOW = Instant.parse("2026-11-24T08:00:00Z");

    private final TestAuthority authority = TestAuthority.create("one", KeyAlgorithm.P256, NOW);

    @Test
    void readsEveryCertificateOfAFileAndPassesOverWhatIsBetween() throws Exception {
        TestAuthority other = TestAuthority.create("two", KeyAlgorithm.ED25519, NOW);
        String file = "subject=one\n" + authority.pem().replace("\n", "\r\n") + "\n# a comment\n" + other.pem();

        assertThat(Certificates.parse(file)).containsExactly(authority.certificate(), other.certificate());
    }

    @Test
    void writesWhatBouncyCastleReads() throws Exception {
        try (var parser = new org.bouncycastle.openssl.PEMParser(new java.io.StringReader(authority.pem()))) {
            assertThat(parser.readObject()).isEqualTo(new JcaX509CertificateHolder(authority.certificate()));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-----BEGIN CERTIFICATE-----\nMAA=\n",
                "-----BEGIN CERTIFICATE-----\nMAA=\n-----END PRIVATE KEY-----\n",
                "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nMAA=\n-----END CERTIFICATE-----\n",
                "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n",
                "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
                "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
                "nothing of the kind",
                ""
            })
    void refusesFilesThatHoldNoWholeCertificate(String file) {
        assertThatThrownBy(() -> Certificates.parse(file)).isInstanceOf(CertificateException.class);
    }

    @Test
    void refusesFilesThatAreTooLarge() {
        String file = "#".repeat(Pem.MAX_LENGTH + 1);

        assertThatThrownBy(() -> Certificates.parse(file)).isInstanceOf(CertificateException.class);
    }

    @Test
    void refusesACertificateWithSomethingBehindIt() {
        byte[] der = Certificates.der(authority.certificate());

        assertThatThrownBy(() -> Certificates.parse(java.util.Arrays.copyOf(der, der.length + 1)))
                .isInstanceOf(CertificateException.class);
    }

    @Test
    void survivesEveryMutationOfACertificate() {
        byte[] der = Certificates.der(authority.certificate());

        Mutations.truncations(der)
                .forEach(cut ->
                        assertThatThrownBy(() -> Certificates.parse(cut)).isInstanceOf(CertificateException.class));
        Mutations.changes(der, 3_000).forEach(changed -> {
            try {
                assertThat(Certificates.parse(changed)).isNotNull();
            } catch (CertificateException expected) {
                assertThat(expected).isNotNull();
            }
        });
    }

    @Test
    void namesCertificatesByFingerprintAndSerial() throws Exception {
        byte[] der = Certificates.der(authority.certificate());
        byte[] digest = java.security.MessageDigest.getInstance("SHA-256").digest(der);

        assertThat(Certificates.fingerprint(authority.certificate()))
                .isEqualTo(HexFormat.of().formatHex(digest));
        assertThat(Certificates.serial(java.math.BigInteger.valueOf(0xabc))).isEqualTo("0abc");
        assertThat(Certificates.serial(java.math.BigInteger.ONE.shiftLeft(127)))
                .isEqualTo("80000000000000000000000000000000");
    }

    @ParameterizedTest
    @EnumSource
    void keepsPrivateKeysThroughPem(KeyAlgorithm algorithm) {
        KeyPair keys = TestAuthority.keyPair(algorithm);

        String pem = PrivateKeys.encode(keys.getPrivate());

        assertThat(pem).startsWith("-----BEGIN PRIVATE KEY-----\n");
        assertThat(PrivateKeys.belongTogether(PrivateKeys.decode(pem), keys.getPublic()))
                .isTrue();
        assertThat(PrivateKeys.belongTogether(
                        keys.getPrivate(), TestAuthority.keyPair(algorithm).getPublic()))
                .isFalse();
    }

    @Test
    void refusesTextThatHoldsNoPrivateKeyOrTwo() {
        String key = PrivateKeys.encode(TestAuthority.keyPair(KeyAlgorithm.P256).getPrivate());

        for (String text : List.of("", authority.pem(), key + key, Pem.encode(Pem.PRIVATE_KEY, new byte[] {0x30, 0}))) {
            assertThatThrownBy(() -> PrivateKeys.decode(text)).isInstanceOf(IllegalArgumentException.class);
        }
        byte[] whole = Pem.decode(key, Pem.PRIVATE_KEY).getFirst();
        Mutations.truncations(whole)
                .map(cut -> Pem.encode(Pem.PRIVATE_KEY, cut))
                .forEach(text -> assertThatThrownBy(() -> PrivateKeys.decode(text))
                        .isInstanceOf(IllegalArgumentException.class));
    }

    @Test
    void survivesEveryMutationOfTheText() {
        byte[] text = authority.pem().getBytes(StandardCharsets.US_ASCII);

        Mutations.changes(text, 3_000).forEach(changed -> {
            try {
                assertThat(Pem.decode(new String(changed, StandardCharsets.ISO_8859_1)))
                        .isNotNull();
            } catch (IllegalArgumentException expected) {
                assertThat(expected).hasMessageContaining("PEM");
            }
        });
    }
}
