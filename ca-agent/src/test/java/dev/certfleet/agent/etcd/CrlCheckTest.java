package dev.certfleet.agent.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.agent.etcd.CrlRefused.Reason;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.crl.RevocationList;
import dev.certfleet.pki.testing.Mutations;
import dev.certfleet.pki.testing.TestAuthority;
import dev.certfleet.pki.testing.TestCrl;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.x509.Extension;
import org.junit.jupiter.api.Test;

/** What never becomes the CRL that etcd reads. */
class CrlCheckTest {
    private static final Instant NOW = Instant.parse("2026-11-24T08:00:00Z");
    private static final TestAuthority AUTHORITY = TestAuthority.create("etcd", KeyAlgorithm.P256, NOW);
    private static final TestAuthority OTHER = TestAuthority.create("other", KeyAlgorithm.P256, NOW);
    private static final TestAuthority SAME_NAME = TestAuthority.create("etcd", KeyAlgorithm.P256, NOW);
    private static final String URL = "http://ca/crl/etcd.crl";

    private Optional<RevocationList> published = Optional.empty();
    private List<TestAuthority> bundle = List.of(AUTHORITY);

    private RevocationList check(byte[] file) throws CrlRefused {
        return new CrlCheck(bundle.stream().map(TestAuthority::certificate).toList(), URL, published).check(file, NOW);
    }

    private void refuses(TestCrl crl, Reason reason) {
        refuses(crl.der(), reason);
    }

    private void refuses(byte[] file, Reason reason) {
        assertThatThrownBy(() -> check(file))
                .isInstanceOfSatisfying(
                        CrlRefused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason));
    }

    private void publish(TestCrl crl) throws CrlRefused {
        published = Optional.of(check(crl.der()));
    }

    private static TestCrl crl(long number) {
        return TestCrl.of(AUTHORITY, number, NOW);
    }

    @Test
    void takesFullCrlOfTheOnlyAuthority() throws CrlRefused {
        assertThat(check(crl(1).revokes(BigInteger.TEN).der()).serials()).containsExactly(BigInteger.TEN);
        assertThat(check(crl(1).ofDistributionPoint(URL).der()).serials()).isEmpty();
    }

    @Test
    void refusesWhatGoCannotReadOrIsNoCrlInDer() {
        byte[] der = crl(1).der();
        refuses(new byte[0], Reason.UNREADABLE);
        refuses(Pem.encode("X509 CRL", der).getBytes(StandardCharsets.US_ASCII), Reason.UNREADABLE);
        refuses("<html>Sign in</html>".getBytes(StandardCharsets.US_ASCII), Reason.UNREADABLE);
        refuses(new byte[CrlCheck.MAX_SIZE + 1], Reason.TOO_LARGE);
        refuses(TestCrl.withoutNumber(AUTHORITY, NOW), Reason.UNREADABLE);
        refuses(crl(2).extension(Extension.deltaCRLIndicator, true, new ASN1Integer(1)), Reason.UNREADABLE);
        Mutations.truncations(der).forEach(cut -> refuses(cut, Reason.UNREADABLE));
    }

    @Test
    void refusesEachFileWithAnOctetChanged() {
        byte[] der = crl(1).revokes(BigInteger.valueOf(Long.MAX_VALUE)).der();
        for (int i = 0; i < der.length; i++) {
            byte[] changed = der.clone();
            changed[i] ^= 0x04;
            assertThatThrownBy(() -> check(changed)).isInstanceOf(CrlRefused.class);
        }
    }

    @Test
    void refusesOtherSigners() {
        refuses(TestCrl.of(OTHER, 1, NOW), Reason.OTHER_ISSUER);
        refuses(TestCrl.of(SAME_NAME, 1, NOW), Reason.BAD_SIGNATURE);
        refuses(crl(1).signedBy(OTHER.key()), Reason.BAD_SIGNATURE);
    }

    @Test
    void refusesWhatIsNotOfNow() throws CrlRefused {
        refuses(crl(1).until(NOW), Reason.RAN_OUT);
        refuses(crl(1).at(NOW.plus(Duration.ofMinutes(6))), Reason.NOT_YET_VALID);
        assertThat(check(crl(1).at(NOW.plus(Duration.ofMinutes(4))).der())).isNotNull();
    }

    @Test
    void refusesWhatSpeaksForAPartOnly() throws CrlRefused {
        refuses(crl(1).ofDistributionPoint("http://ca/crl/etcd/shard-1.crl"), Reason.PART_ONLY);
        refuses(crl(1).ofAuthoritiesOnly(), Reason.UNREADABLE);
        bundle = List.of(AUTHORITY, OTHER);
        refuses(crl(1), Reason.PART_ONLY);
        assertThat(check(crl(1).indirect().der())).isNotNull();
    }

    @Test
    void refusesWhatIsOlderThanThePublishedOne() throws CrlRefused {
        publish(crl(5));
        refuses(crl(4), Reason.OLDER);
        refuses(crl(5).revokes(BigInteger.ONE), Reason.OLDER);
        refuses(crl(6).at(NOW.minus(Duration.ofHours(1))), Reason.OLDER);
        assertThat(check(published.orElseThrow().encoded())).isNotNull();
        assertThat(check(crl(6).der()).number()).contains(BigInteger.valueOf(6));
    }

    @Test
    void takesWhatAnotherReplicaWithASlowerClockMadeNext() throws CrlRefused {
        publish(crl(5).revokes(BigInteger.ONE));
        refuses(crl(6).at(NOW.minusSeconds(3)), Reason.OLDER);
        assertThat(check(crl(6).at(NOW.minusSeconds(3))
                        .revokes(BigInteger.ONE)
                        .revokes(BigInteger.TWO)
                        .der()))
                .isNotNull();
    }

    @Test
    void takesNumbersThatBeganAnewWhereNothingRevokedIsLost() throws CrlRefused {
        publish(crl(500).at(NOW.minus(Duration.ofHours(1)))
                .until(NOW.plus(Duration.ofHours(1)))
                .revokes(BigInteger.ONE));
        refuses(crl(7), Reason.OLDER);
        assertThat(check(crl(7).revokes(BigInteger.ONE).der()).number()).contains(BigInteger.valueOf(7));
    }

    @Test
    void takesNumbersThatBeganAnewOnceThePublishedOneRanOut() throws CrlRefused {
        Instant yesterday = NOW.minus(Duration.ofDays(1));
        published = Optional.of(new CrlCheck(List.of(AUTHORITY.certificate()), URL, Optional.empty())
                .check(
                        TestCrl.of(AUTHORITY, 500, yesterday)
                                .until(NOW.minusSeconds(1))
                                .revokes(BigInteger.ONE)
                                .der(),
                        yesterday));

        assertThat(check(crl(7).der()).number()).contains(BigInteger.valueOf(7));
    }

    @Test
    void takesTheCrlOfTheAuthorityThatFollows() throws CrlRefused {
        bundle = List.of(AUTHORITY, OTHER);
        publish(crl(500).at(NOW.minusSeconds(60)).indirect().revokes(BigInteger.ONE));
        refuses(TestCrl.of(OTHER, 1, NOW).indirect(), Reason.OLDER);
        assertThat(check(TestCrl.of(OTHER, 1, NOW)
                        .indirect()
                        .revokes(BigInteger.ONE)
                        .der()))
                .isNotNull();
    }
}
