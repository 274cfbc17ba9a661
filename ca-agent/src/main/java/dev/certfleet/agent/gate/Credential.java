package dev.certfleet.agent.gate;

import dev.certfleet.agent.gate.Standing.Disowned;
import dev.certfleet.agent.gate.Standing.Good;
import dev.certfleet.agent.gate.Standing.Refused;
import dev.certfleet.agent.gate.Standing.Unchecked;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.ocsp.CertificateStatus;
import java.math.BigInteger;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A client certificate as the gate knows it, and the rules by which its standing changes: a revocation counts as soon as the
 * feed tells it; nothing but a hold is ever taken back, and a hold only when the feed tells the release <em>and</em> a signed
 * answer that is newer than all seen before says good.
 *
 * @param issuer fingerprint of the authority's certificate; empty where it is none that this gate knows
 * @param thisUpdate of the newest signed answer that was taken
 * @param released when the feed told that a hold was taken back, for as long as no signed answer bears it out
 */
record Credential(
        Fingerprint id,
        BigInteger serial,
        String issuer,
        Instant notAfter,
        Standing standing,
        @Nullable Instant thisUpdate,
        @Nullable Instant released) {

    static Credential issued(Fingerprint id, BigInteger serial, String issuer, Instant notAfter) {
        return new Credential(id, serial, issuer, notAfter, new Unchecked(), null, null);
    }

    /** After the feed told a revocation. */
    Credential revoked(RevocationReason reason, Instant at) {
        if (standing instanceof Refused refused) {
            boolean worse = refused.isHold() && reason != RevocationReason.CERTIFICATE_HOLD;
            boolean heldAgain = released != null && at.isAfter(released);
            if (!worse && !heldAgain) {
                return this;
            }
        }
        return with(new Refused(at, reason, false), thisUpdate, null);
    }

    /** After the feed told that a hold was taken back: nothing changes until a signed answer says so too. */
    Credential released(Instant at) {
        return standing instanceof Refused refused && refused.isHold() ? with(standing, thisUpdate, at) : this;
    }

    /** After a signed answer; empty where the answer does not count. */
    Optional<Credential> answered(CertificateStatus answer, Instant now) {
        if (thisUpdate != null && answer.thisUpdate().isBefore(thisUpdate)) {
            return Optional.empty();
        }
        boolean counts = switch (answer) {
            case CertificateStatus.Revoked revoked -> !softens(revoked);
            case CertificateStatus.Good good -> !(standing instanceof Refused refused) || endsHold(refused, good);
            case CertificateStatus.Unknown unknown -> !(standing instanceof Refused);
        };
        return counts ? Optional.of(taking(answer, now)) : Optional.empty();
    }

    private Credential taking(CertificateStatus answer, Instant now) {
        return switch (answer) {
            case CertificateStatus.Revoked revoked -> {
                Refused refused = new Refused(revoked.at(), revoked.reason(), true);
                yield with(refused, answer.thisUpdate(), refused.isHold() ? released : null);
            }
            case CertificateStatus.Good good -> with(new Good(now), answer.thisUpdate(), null);
            case CertificateStatus.Unknown unknown -> with(new Disowned(now), answer.thisUpdate(), null);
        };
    }

    /** A hold in the place of a revocation for good. */
    private boolean softens(CertificateStatus.Revoked revoked) {
        return standing instanceof Refused refused
                && !refused.isHold()
                && revoked.reason() == RevocationReason.CERTIFICATE_HOLD;
    }

    private boolean endsHold(Refused refused, CertificateStatus.Good good) {
        return refused.isHold()
                && released != null
                && !good.thisUpdate().isBefore(released.truncatedTo(ChronoUnit.SECONDS))
                && good.thisUpdate().isAfter(refused.since())
                && (thisUpdate == null || good.thisUpdate().isAfter(thisUpdate));
    }

    Credential withIssuer(String authority) {
        return new Credential(id, serial, authority, notAfter, standing, thisUpdate, released);
    }

    private Credential with(Standing newStanding, @Nullable Instant newThisUpdate, @Nullable Instant newReleased) {
        return new Credential(id, serial, issuer, notAfter, newStanding, newThisUpdate, newReleased);
    }
}
