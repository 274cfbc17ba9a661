package dev.certfleet.pki.crl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.testing.Mutations;
import dev.certfleet.pki.testing.TestAuthority;
import dev.certfleet.pki.testing.TestCrl;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x509.Extension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bouncy Castle makes the CRLs, Go says what etcd would read in them. */
class RevocationListTest {
    private static final int LIMIT = 1 << 20;
    private static final Instant NOW = Instant.parse("2026-11-24T08:00:00Z");
    private static final TestAuthority AUTHORITY = TestAuthority.create("etcd", KeyAlgorithm.P256, NOW);

    private static final byte[] NAME =
            AUTHORITY.certificate().getSubjectX500Principal().getEncoded();

    private static final List<byte[]> SOME = List.of(
            TestCrl.of(AUTHORITY, 3, NOW)
                    .revokes(BigInteger.TWO.pow(126).add(BigInteger.TEN), 1)
                    .revokes(BigInteger.valueOf(77))
                    .revokes(BigInteger.valueOf(255), 6)
                    .der(),
            TestCrl.of(AUTHORITY, 4, NOW).der(),
            TestCrl.of(AUTHORITY, 5, NOW).indirect().revokes(BigInteger.ONE).der(),
            TestCrl.of(AUTHORITY, 6, NOW)
                    .extension(new ASN1ObjectIdentifier("1.2.3.4"), false, new DERUTF8String("more"))
                    .ofDistributionPoint("http://ca/etcd.crl")
                    .der(),
            TestCrl.of(AUTHORITY, 7, NOW)
                    .until(Instant.parse("2051-01-01T00:00:00Z"))
                    .der());

    @Test
    void readsWhatIsInIt() throws DerException {
        byte[] der = TestCrl.of(AUTHORITY, 7, NOW)
                .revokes(BigInteger.TWO.pow(127), 1)
                .revokes(BigInteger.valueOf(200), 6)
                .indirect()
                .der();

        RevocationList list = RevocationList.parse(der, LIMIT);

        assertThat(list.number()).contains(BigInteger.valueOf(7));
        assertThat(list.serials()).containsExactlyInAnyOrder(BigInteger.TWO.pow(127), BigInteger.valueOf(200));
        assertThat(list.thisUpdate()).isEqualTo(NOW);
        assertThat(list.nextUpdate()).contains(NOW.plus(Duration.ofDays(1)));
        assertThat(list.issuer())
                .isEqualTo(AUTHORITY.certificate().getSubjectX500Principal().getEncoded());
        assertThat(list.scope().indirect()).isTrue();
        assertThat(list.isSignedBy(AUTHORITY.certificate().getPublicKey())).isTrue();
        assertThat(list.encoded()).isEqualTo(der);
    }

    @ParameterizedTest
    @EnumSource(
            value = KeyAlgorithm.class,
            names = {"P256", "RSA3072"})
    void tellsItsSignerFromOthers(KeyAlgorithm algorithm) throws DerException {
        TestAuthority signer = TestAuthority.create("etcd", algorithm, NOW);
        TestAuthority other = TestAuthority.create("etcd", algorithm, NOW);
        RevocationList list = RevocationList.parse(TestCrl.of(signer, 1, NOW).der(), LIMIT);

        assertThat(list.isSignedBy(signer.certificate().getPublicKey())).isTrue();
        assertThat(list.isSignedBy(other.certificate().getPublicKey())).isFalse();
    }

    @Test
    void readsDistributionPoint() throws DerException {
        RevocationList list = RevocationList.parse(
                TestCrl.of(AUTHORITY, 1, NOW)
                        .ofDistributionPoint("http://ca/x.crl")
                        .der(),
                LIMIT);

        assertThat(list.scope()).isEqualTo(new RevocationList.Scope(Set.of("http://ca/x.crl"), false));
    }

    @Test
    void refusesWhatItDoesNotUnderstand() {
        refuses(TestCrl.of(AUTHORITY, 1, NOW).ofAuthoritiesOnly().der(), "a part");
        refuses(
                TestCrl.of(AUTHORITY, 2, NOW)
                        .extension(Extension.deltaCRLIndicator, true, new ASN1Integer(1))
                        .der(),
                "critical extension that is not understood");
        refuses(TestCrl.of(AUTHORITY, 1, NOW).revokes(BigInteger.valueOf(-5)).der(), "negative");
        refuses(TestCrl.of(AUTHORITY, 1, NOW).revokes(BigInteger.ONE, 8).der(), "reason 8");
        refuses(
                TestCrl.withoutNumber(AUTHORITY, NOW)
                        .extension(Extension.cRLNumber, false, new ASN1Integer(-1))
                        .der(),
                "CRL number");
        refuses(new byte[LIMIT + 1], "at most");
        byte[] der = TestCrl.of(AUTHORITY, 1, NOW).der();
        byte[] followed = Arrays.copyOf(der, der.length + 1);
        refuses(followed, "follows");
    }

    private static void refuses(byte[] der, String why) {
        assertThatThrownBy(() -> RevocationList.parse(der, LIMIT))
                .isInstanceOf(DerException.class)
                .hasMessageContaining(why);
    }

    @Test
    void refusesEachTruncation() {
        Mutations.truncations(SOME.getFirst())
                .forEach(cut -> assertThatThrownBy(() -> RevocationList.parse(cut, LIMIT))
                        .isInstanceOf(DerException.class));
    }

    @Test
    void takesNothingThatEtcdCouldNotRead() throws Exception {
        List<byte[]> candidates = new ArrayList<>(SOME);
        SOME.forEach(crl -> Mutations.changes(crl, 20_000).forEach(candidates::add));
        List<byte[]> taken = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (byte[] candidate : candidates) {
            // Names are not read but compared: with one that is not the authority's it is of no use anyway.
            read(candidate).filter(list -> Arrays.equals(NAME, list.issuer())).ifPresent(list -> {
                taken.add(candidate);
                expected.add(told(list));
            });
        }
        assertThat(taken).hasSizeGreaterThan(1_000).containsAll(SOME);

        List<String> answers = GoOracle.read(taken);

        for (int i = 0; i < answers.size(); i++) {
            String[] words = answers.get(i).split(" ");
            assertThat(words[0]).as(answers.get(i)).isEqualTo("ok");
            String serials = Arrays.stream(words).skip(2).distinct().sorted().collect(Collectors.joining(" "));
            assertThat(words[1] + " " + serials).isEqualTo(expected.get(i));
        }
    }

    private static Optional<RevocationList> read(byte[] der) {
        try {
            return Optional.of(RevocationList.parse(der, LIMIT));
        } catch (DerException e) {
            return Optional.empty();
        }
    }

    private static String told(RevocationList list) {
        return list.number().map(BigInteger::toString).orElse("<nil>") + " "
                + list.serials().stream()
                        .map(serial -> serial.toString(16))
                        .sorted()
                        .collect(Collectors.joining(" "));
    }
}
