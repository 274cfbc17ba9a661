package dev.certfleet.pki.ocsp;

import dev.certfleet.pki.RevocationReason;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a responder says of one certificate (RFC 6960 section 4.2.1). */
public sealed interface CertificateStatus {
    /** The time at which this was known to be so. */
    Instant thisUpdate();

    /** The time at or before which there is something newer; null where there may always be. */
    @Nullable
    Instant nextUpdate();

    record Good(Instant thisUpdate, @Nullable Instant nextUpdate) implements CertificateStatus {}

    /**
     * @param at since when
     * @param reason {@link RevocationReason#UNSPECIFIED} where the responder gives none
     */
    record Revoked(
            Instant at,
            RevocationReason reason,
            Instant thisUpdate,
            @Nullable Instant nextUpdate) implements CertificateStatus {}

    /** The responder does not know the certificate. */
    record Unknown(Instant thisUpdate, @Nullable Instant nextUpdate) implements CertificateStatus {}
}
