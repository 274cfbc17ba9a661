package dev.certfleet.pki.ocsp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.ocsp.OcspException.Problem;
import dev.certfleet.pki.testing.Mutations;
import dev.certfleet.pki.testing.TestAuthority;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bouncycastle.cert.ocsp.OCSPReq;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class OcspVerifierTest {
    private static final Instant NOW = Instant.parse("2026-11-24T08:00:00Z");
    private static final BigInteger SERIAL = BigInteger.ONE.shiftLeft(127).add(BigInteger.TEN);

    private final TestAuthority authority = TestAuthority.create("issuer", KeyAlgorithm.P256, NOW);
    private final OcspVerifier verifier =
            new OcspVerifier(Clock.fixed(NOW, ZoneOffset.UTC), OcspVerifier.DEFAULT_TOLERANCE);
    private final OcspRequest request = request(CertId.Digest.SHA256, SERIAL);

    private OcspRequest request(CertId.Digest digest, BigInteger... serials) {
        return OcspRequest.withNonce(digest, authority.certificate(), List.of(serials), new SecureRandom());
    }

    private CertificateStatus verify(byte[] response) throws OcspException {
        return verifier.verify(OcspResponse.parse(response), request, authority.certificate()).values().stream()
                .findFirst()
                .orElseThrow();
    }

    private Problem problem(byte[] response) {
        OcspException refused = catchThrowableOfType(OcspException.class, () -> verify(response));
        assertThat(refused).isNotNull();
        return refused.problem();
    }

    private byte[] good(TestAuthority.Answer answer) {
        return answer.to(request.encoded(), serial -> null);
    }

    @ParameterizedTest
    @EnumSource
    void makesRequestsThatBouncyCastleReads(CertId.Digest digest) throws Exception {
        OcspRequest several = request(digest, SERIAL, BigInteger.TWO, BigInteger.valueOf(128));

        OCSPReq read = new OCSPReq(several.encoded());

        assertThat(read.getRequestList())
                .extracting(one -> one.getCertID().getSerialNumber())
                .containsExactly(SERIAL, BigInteger.TWO, BigInteger.valueOf(128));
        assertThat(read.getRequestList()[0]
                        .getCertID()
                        .matchesIssuer(
                                new org.bouncycastle.cert.jcajce.JcaX509CertificateHolder(authority.certificate()),
                                new org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder().build()))
                .isTrue();
        assertThat(several.nonce()).hasSize(32);
        Map<CertId, CertificateStatus> statuses = verifier.verify(
                OcspResponse.parse(authority.answer(NOW).to(several.encoded(), serial -> null)),
                several,
                authority.certificate());
        assertThat(statuses).hasSize(3);
    }

    @Test
    void tellsGoodRevokedAndUnknown() throws Exception {
        Instant at = NOW.minusSeconds(60);
        Instant next = NOW.plus(Duration.ofHours(1));

        assertThat(verify(good(authority.answer(NOW)))).isEqualTo(new CertificateStatus.Good(NOW, next));
        assertThat(verify(authority.answer(NOW).to(request.encoded(), serial -> new RevokedStatus(Date.from(at), 1))))
                .isEqualTo(new CertificateStatus.Revoked(at, RevocationReason.KEY_COMPROMISE, NOW, next));
        assertThat(verify(authority.answer(NOW).to(request.encoded(), serial -> new RevokedStatus(Date.from(at)))))
                .isEqualTo(new CertificateStatus.Revoked(at, RevocationReason.UNSPECIFIED, NOW, next));
        assertThat(verify(authority.answer(NOW).to(request.encoded(), serial -> new UnknownStatus())))
                .isEqualTo(new CertificateStatus.Unknown(NOW, next));
    }

    @ParameterizedTest
    @EnumSource
    void acceptsEveryKindOfIssuerKey(KeyAlgorithm algorithm) throws Exception {
        TestAuthority issuer = TestAuthority.create("issuer", algorithm, NOW);
        OcspRequest asked =
                OcspRequest.withNonce(CertId.Digest.SHA256, issuer.certificate(), List.of(SERIAL), new SecureRandom());
        byte[] answer = issuer.answer(NOW).to(asked.encoded(), serial -> null);

        assertThat(verifier.verify(OcspResponse.parse(answer), asked, issuer.certificate()))
                .hasSize(1);
    }

    @Test
    void acceptsAResponderThatTheIssuerDelegatedTo() throws Exception {
        TestAuthority.Leaf responder = authority.responder("CN=ocsp", NOW);

        assertThat(verify(good(authority.answer(NOW).delegatedTo(responder))))
                .isInstanceOf(CertificateStatus.Good.class);
    }

    @Test
    void refusesAResponderWithoutTheUsageOrFromAnotherIssuerOrExpired() {
        TestAuthority namesake = TestAuthority.create("issuer", KeyAlgorithm.P256, NOW);
        TestAuthority.Leaf client = authority.client("CN=ocsp", NOW);
        TestAuthority.Leaf foreign = namesake.responder("CN=ocsp", NOW);
        TestAuthority.Leaf expired = authority.responder("CN=ocsp", NOW.minus(Duration.ofDays(366)));
        TestAuthority.Leaf early = authority.responder("CN=ocsp", NOW.plus(Duration.ofMinutes(11)));

        for (TestAuthority.Leaf leaf : List.of(client, foreign, expired, early)) {
            assertThat(problem(good(authority.answer(NOW).delegatedTo(leaf)))).isEqualTo(Problem.UNTRUSTED_SIGNER);
        }
    }

    @Test
    void refusesAnAnswerThatAnotherKeySigned() {
        TestAuthority namesake = TestAuthority.create("issuer", KeyAlgorithm.P256, NOW);
        TestAuthority other = TestAuthority.create("other", KeyAlgorithm.P256, NOW);

        assertThat(problem(good(namesake.answer(NOW)))).isEqualTo(Problem.BAD_SIGNATURE);
        assertThat(problem(good(other.answer(NOW)))).isEqualTo(Problem.UNTRUSTED_SIGNER);
    }

    @Test
    void refusesASignatureThatRestsOnSha1() {
        assertThat(problem(good(authority.answer(NOW).signedBy(authority.key(), "SHA1withECDSA"))))
                .isEqualTo(Problem.UNSUPPORTED_ALGORITHM);
    }

    @Test
    void refusesAnAnswerToAnotherRequest() {
        OcspRequest earlier = request(CertId.Digest.SHA256, SERIAL);
        OcspRequest another = new OcspRequest(
                request(CertId.Digest.SHA256, BigInteger.TWO).certificates(), Objects.requireNonNull(request.nonce()));

        assertThat(problem(good(authority.answer(NOW).withoutNonce()))).isEqualTo(Problem.NONCE_MISMATCH);
        assertThat(problem(authority.answer(NOW).to(earlier.encoded(), serial -> null)))
                .isEqualTo(Problem.NONCE_MISMATCH);
        assertThat(problem(authority.answer(NOW).to(another.encoded(), serial -> null)))
                .isEqualTo(Problem.MISSING_CERTIFICATE);
    }

    @Test
    void toleratesFiveMinutesOfDriftAndNoMore() {
        Duration five = Duration.ofMinutes(5);
        Duration more = five.plusSeconds(1);

        assertThatCode(() -> verify(good(authority.answer(NOW).at(NOW.plus(five), NOW.plusSeconds(600)))))
                .doesNotThrowAnyException();
        assertThat(problem(good(authority.answer(NOW).at(NOW.plus(more), NOW.plusSeconds(600)))))
                .isEqualTo(Problem.NOT_YET_VALID);
        assertThatCode(() -> verify(good(authority.answer(NOW).at(NOW.minusSeconds(600), NOW.minus(five)))))
                .doesNotThrowAnyException();
        assertThat(problem(good(authority.answer(NOW).at(NOW.minusSeconds(600), NOW.minus(more)))))
                .isEqualTo(Problem.STALE);
    }

    @Test
    void acceptsAnAnswerSignedAheadWhereNoNonceWasAsked() throws Exception {
        OcspRequest plain = OcspRequest.withoutNonce(CertId.Digest.SHA1, authority.certificate(), List.of(SERIAL));
        byte[] answer = authority.answer(NOW.minusSeconds(60)).to(plain.encoded(), serial -> null);
        X509Certificate issuer = authority.certificate();

        assertThat(verifier.verify(OcspResponse.parse(answer), plain, issuer)).hasSize(1);

        byte[] endless = authority.answer(NOW).at(NOW.minusSeconds(301), null).to(plain.encoded(), serial -> null);
        assertThat(catchThrowableOfType(
                                OcspException.class, () -> verifier.verify(OcspResponse.parse(endless), plain, issuer))
                        .problem())
                .isEqualTo(Problem.STALE);
    }

    @Test
    void tellsWhatTheResponderSaysInsteadOfAnAnswer() {
        assertThat(problem(TestAuthority.error(1))).isEqualTo(Problem.MALFORMED_REQUEST);
        assertThat(problem(TestAuthority.error(2))).isEqualTo(Problem.INTERNAL_ERROR);
        assertThat(problem(TestAuthority.error(3))).isEqualTo(Problem.TRY_LATER);
        assertThat(problem(TestAuthority.error(5))).isEqualTo(Problem.SIGNATURE_REQUIRED);
        assertThat(problem(TestAuthority.error(6))).isEqualTo(Problem.UNAUTHORIZED);
        assertThat(problem(TestAuthority.error(4))).isEqualTo(Problem.MALFORMED);
    }

    @Test
    void neverBelievesAMutation() {
        TestAuthority.Leaf responder = authority.responder("CN=ocsp", NOW);
        byte[] answer = authority
                .answer(NOW)
                .delegatedTo(responder)
                .to(request.encoded(), serial -> new RevokedStatus(Date.from(NOW), 1));

        Mutations.truncations(answer).forEach(cut -> assertThat(problem(cut)).isEqualTo(Problem.MALFORMED));
        Mutations.changes(answer, 3_000).forEach(changed -> {
            try {
                assertThat(verify(changed)).isInstanceOf(CertificateStatus.Revoked.class);
            } catch (OcspException expected) {
                assertThat(expected.problem()).isNotNull();
            }
        });
    }
}
