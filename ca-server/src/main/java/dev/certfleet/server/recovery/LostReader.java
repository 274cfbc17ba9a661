package dev.certfleet.server.recovery;

import dev.certfleet.server.ledger.LostBlocks;
import dev.certfleet.server.ledger.Restoration;

/** Is told what the journal has and the database lacks: revocations first, in the journal's order. */
interface LostReader {
    void revocation(RevocationEntry entry, Restoration.Found found);

    void key(KeyEntry entry);

    void quarantine(QuarantineEntry entry, LostBlocks.Found found);
}
