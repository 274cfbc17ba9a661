package dev.certfleet.server.ledger;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.Serial;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One revocation, in force or released.
 *
 * @param id its own id
 * @param certificate the revoked certificate's fingerprint
 * @param serial its serial
 * @param cluster its cluster, if it has one
 * @param reason why
 * @param revokedAt when
 * @param invalidityDate when the key is thought to have been lost
 * @param comment the operator's words
 * @param revokedBy who did it
 * @param releasedAt when a certificateHold was taken back
 */
public record RevocationRecord(
        UUID id,
        Fingerprint certificate,
        Serial serial,
        @Nullable String cluster,
        RevocationReason reason,
        Instant revokedAt,
        @Nullable Instant invalidityDate,
        @Nullable String comment,
        String revokedBy,
        @Nullable Instant releasedAt) {}
