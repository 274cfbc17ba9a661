package dev.certfleet.server.x509;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * From when to when a certificate is valid, both ends included, in whole seconds (RFC 5280 section 4.1.2.5).
 */
public record Validity(Instant notBefore, Instant notAfter) {
    public Validity {
        notBefore = notBefore.truncatedTo(ChronoUnit.SECONDS);
        notAfter = notAfter.truncatedTo(ChronoUnit.SECONDS);
        if (notAfter.isBefore(notBefore)) {
            throw new IllegalArgumentException("a validity that ends before it begins");
        }
    }

    /** Whether the other lies within this one. */
    public boolean encloses(Validity other) {
        return !other.notBefore.isBefore(notBefore) && !other.notAfter.isAfter(notAfter);
    }
}
