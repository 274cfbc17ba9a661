package dev.certfleet.server.ocsp;

import dev.certfleet.server.signing.OcspSigner;
import dev.certfleet.server.x509.Serial;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * What signs the answers for one authority: a key and a short-lived certificate that the authority gave it.
 *
 * @param serial of its certificate
 * @param key the id of its signing key
 * @param notBefore the beginning of its certificate
 * @param notAfter the end of its certificate
 * @param signer signs with it
 */
record Responder(Serial serial, UUID key, Instant notBefore, Instant notAfter, OcspSigner signer) {
    /** RFC 6960 section 4.2.2.2.1: whoever takes a key has it for no longer than this, since nobody asks for its status. */
    static final Duration LIFETIME = Duration.ofDays(7);

    /** Half of its life is over. */
    static boolean isAging(Instant notBefore, Instant notAfter, Instant now) {
        return !now.isBefore(
                notBefore.plus(Duration.between(notBefore, notAfter).dividedBy(2)));
    }

    /** Until when an answer may be believed: for a window from what is known on, and no longer than its certificate lives. */
    Instant nextUpdate(Instant thisUpdate, Duration window) {
        Instant end = thisUpdate.plus(window);
        return end.isAfter(notAfter) ? notAfter : end;
    }

    /** Too close to its end to sign what is to be believed for a while. */
    boolean isSpent(Instant now) {
        return !now.plus(Duration.ofMinutes(1)).isBefore(notAfter);
    }
}
