package dev.certfleet.server.x509;

import dev.certfleet.pki.RevocationReason;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A line of a CRL (RFC 5280 section 5.3).
 *
 * @param serial the revoked serial
 * @param at when it was revoked
 * @param reason why
 * @param invalidityDate when the key is thought to have been lost
 */
public record RevokedCertificate(
        Serial serial,
        Instant at,
        RevocationReason reason,
        @Nullable Instant invalidityDate) {}
