package dev.certfleet.server.ledger;

import dev.certfleet.pki.RevocationReason;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What the ledger says of a serial that was issued; there is no status for one that was not. */
public sealed interface RecordedStatus {
    /** When the certificate ends. */
    Instant notAfter();

    record Good(Instant notAfter) implements RecordedStatus {}

    /**
     * @param at when it was revoked
     * @param reason why
     * @param invalidityDate when the key is thought to have been lost (RFC 5280 section 5.3.2)
     * @param notAfter when the certificate ends
     */
    record Revoked(
            Instant at, RevocationReason reason, @Nullable Instant invalidityDate, Instant notAfter)
            implements RecordedStatus {}
}
