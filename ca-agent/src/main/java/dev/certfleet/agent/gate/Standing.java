package dev.certfleet.agent.gate;

import dev.certfleet.pki.RevocationReason;
import java.time.Instant;

/** What the gate holds a certificate to be. */
sealed interface Standing {
    /** Known to be issued; no signed answer about it yet. */
    record Unchecked() implements Standing {}

    /** @param checkedAt by this node's clock: when the last signed answer said so */
    record Good(Instant checkedAt) implements Standing {}

    /**
     * Revoked or held.
     *
     * @param confirmed by a signed answer; until then on the word of the feed
     */
    record Refused(Instant since, RevocationReason reason, boolean confirmed) implements Standing {
        /** Only a hold can be taken back (RFC 5280 section 5.3.1). */
        boolean isHold() {
            return reason == RevocationReason.CERTIFICATE_HOLD;
        }
    }

    /** Told to be issued, but a signed answer says that the authority does not know it. */
    record Disowned(Instant since) implements Standing {}
}
