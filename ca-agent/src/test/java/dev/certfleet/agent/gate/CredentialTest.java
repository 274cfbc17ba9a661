package dev.certfleet.agent.gate;

import static dev.certfleet.pki.RevocationReason.CERTIFICATE_HOLD;
import static dev.certfleet.pki.RevocationReason.KEY_COMPROMISE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.ocsp.CertificateStatus.Good;
import dev.certfleet.pki.ocsp.CertificateStatus.Revoked;
import dev.certfleet.pki.ocsp.CertificateStatus.Unknown;
import java.math.BigInteger;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The rules by which a standing changes, without anything around them. */
final class CredentialTest {
    private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");

    private final Credential issued =
            Credential.issued(new Fingerprint(1, 2, 3, 4), BigInteger.TEN, "issuer", NOON.plusSeconds(86_400));

    private static Instant noonPlus(int seconds) {
        return NOON.plusSeconds(seconds);
    }

    private static Good good(int seconds) {
        return new Good(noonPlus(seconds), null);
    }

    private Credential held() {
        return issued.revoked(CERTIFICATE_HOLD, noonPlus(10))
                .answered(new Revoked(noonPlus(10), CERTIFICATE_HOLD, noonPlus(11), null), noonPlus(11))
                .orElseThrow();
    }

    private static boolean isRefused(Credential credential) {
        return credential.standing() instanceof Standing.Refused;
    }

    @Test
    void takesNoAnswerThatIsOlderThanOneSeenBefore() {
        Credential checked = issued.answered(good(60), noonPlus(60)).orElseThrow();

        assertThat(checked.answered(good(59), noonPlus(61))).isEmpty();
        assertThat(checked.answered(new Revoked(noonPlus(1), KEY_COMPROMISE, noonPlus(59), null), noonPlus(61)))
                .isEmpty();
        assertThat(checked.answered(good(60), noonPlus(61))).isPresent();
    }

    @Test
    void endsAHoldByAReleaseAndANewerAnswerOnly() {
        assertThat(held().answered(good(60), noonPlus(60))).isEmpty();
        Credential released = held().released(noonPlus(30));
        assertThat(isRefused(released)).isTrue();
        assertThat(released.answered(good(11), noonPlus(31))).isEmpty();
        assertThat(released.answered(good(29), noonPlus(31))).isEmpty();

        Credential free = released.answered(good(30), noonPlus(31)).orElseThrow();

        assertThat(free.standing()).isEqualTo(new Standing.Good(noonPlus(31)));
        assertThat(free.released()).isNull();
    }

    @Test
    void takesNothingElseBack() {
        Credential revoked = issued.revoked(KEY_COMPROMISE, noonPlus(10));

        assertThat(revoked.released(noonPlus(20))).isEqualTo(revoked);
        assertThat(revoked.answered(good(60), noonPlus(60))).isEmpty();
        assertThat(revoked.answered(new Unknown(noonPlus(60), null), noonPlus(60)))
                .isEmpty();
        assertThat(revoked.answered(new Revoked(noonPlus(10), CERTIFICATE_HOLD, noonPlus(60), null), noonPlus(60)))
                .isEmpty();
    }

    @Test
    void makesAHoldWorseAndForgetsItsRelease() {
        Credential worse = held().released(noonPlus(30)).revoked(KEY_COMPROMISE, noonPlus(40));

        assertThat(worse.standing()).isEqualTo(new Standing.Refused(noonPlus(40), KEY_COMPROMISE, false));
        assertThat(worse.answered(good(60), noonPlus(60))).isEmpty();

        Credential byAnswer = held().released(noonPlus(30))
                .answered(new Revoked(noonPlus(40), KEY_COMPROMISE, noonPlus(41), null), noonPlus(41))
                .orElseThrow();
        assertThat(byAnswer.released()).isNull();
    }

    @Test
    void knowsHistoryThatIsToldAgainFromASecondHold() {
        Credential released = held().released(noonPlus(30));

        assertThat(released.revoked(CERTIFICATE_HOLD, noonPlus(10))).isEqualTo(released);

        Credential heldAgain = released.revoked(CERTIFICATE_HOLD, noonPlus(35));
        assertThat(heldAgain.released()).isNull();
        assertThat(heldAgain.answered(good(60), noonPlus(60))).isEmpty();
    }
}
