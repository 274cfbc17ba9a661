package dev.certfleet.server.ledger;

import dev.certfleet.pki.RevocationReason;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The status of a certificate on record. All times are in whole seconds, as they are answered.
 *
 * @param serialHigh the first eight octets of its serial
 * @param serialLow the last eight
 * @param authority the name of the authority that signed it
 * @param notAfter its end, in seconds since 1970
 * @param revocation null while it is not revoked
 */
public record StatusRow(
        long serialHigh,
        long serialLow,
        String authority,
        long notAfter,
        @Nullable Revoked revocation) {

    /**
     * @param at when it was revoked
     * @param reason why
     * @param invalidityDate when the key is thought to have been lost (RFC 5280 section 5.3.2)
     */
    public record Revoked(
            Instant at, RevocationReason reason, @Nullable Instant invalidityDate) {}
}
