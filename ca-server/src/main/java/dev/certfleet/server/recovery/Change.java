package dev.certfleet.server.recovery;

import dev.certfleet.server.ledger.BlockChange;
import dev.certfleet.server.ledger.RevocationChange;

/** What has to be in a journal before anybody hears that it is done. */
sealed interface Change {
    /** What tells it from all others. */
    String key();

    /** @param epoch the feed's */
    JournalEntry entry(String epoch);

    record OfRevocation(RevocationChange change) implements Change {
        @Override
        public String key() {
            return change.kind().label() + " " + change.revocation().id();
        }

        @Override
        public JournalEntry entry(String epoch) {
            return RevocationEntry.of(change, epoch);
        }
    }

    record OfBlock(BlockChange change) implements Change {
        @Override
        public String key() {
            return switch (change) {
                case BlockChange.KeyBlocked blocked ->
                    blocked.key().cause() + " " + blocked.key().key();
                case BlockChange.NodeQuarantined begun ->
                    QuarantineEntry.BEGUN + " " + begun.quarantine().id();
                case BlockChange.QuarantineEnded ended ->
                    QuarantineEntry.ENDED + " " + ended.quarantine().id();
            };
        }

        @Override
        public JournalEntry entry(String epoch) {
            return switch (change) {
                case BlockChange.KeyBlocked blocked -> KeyEntry.of(blocked.key());
                case BlockChange.NodeQuarantined begun -> QuarantineEntry.begun(begun.quarantine());
                case BlockChange.QuarantineEnded ended -> QuarantineEntry.ended(ended.quarantine());
            };
        }
    }
}
