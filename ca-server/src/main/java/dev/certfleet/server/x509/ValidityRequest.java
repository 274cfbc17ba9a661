package dev.certfleet.server.x509;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What decides how long a certificate lives.
 *
 * @param authorityNotAfter the end of the issuing authority; no certificate outlives it
 * @param lifetime what the request asks for, at most the profile's; null for the profile's
 */
public record ValidityRequest(
        Instant now, Instant authorityNotAfter, @Nullable Duration lifetime) {
    /** Backdated, and cut where the authority ends. */
    Validity within(Duration longest) {
        Instant end = now.plus(lifetime == null ? longest : lifetime);
        return new Validity(
                now.minus(CertificateContents.BACKDATING), end.isAfter(authorityNotAfter) ? authorityNotAfter : end);
    }
}
