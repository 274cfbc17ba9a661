package dev.certfleet.server.receipt;

import dev.certfleet.server.ledger.RevocationChange;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Opens a receipt for each revocation, in its transaction; those that one transaction makes are opened together. */
@Component
class OpenReceipts {
    private final ReceiptRows rows;
    private final Clock clock;

    OpenReceipts(ReceiptRows rows, Clock clock) {
        this.rows = rows;
        this.clock = clock;
    }

    @EventListener
    void changed(RevocationChange change) {
        if (change.kind() != RevocationChange.Kind.REVOKED) {
            return;
        }
        for (TransactionSynchronization other : TransactionSynchronizationManager.getSynchronizations()) {
            if (other instanceof InThisTransaction mine) {
                mine.revocations.add(change.revocation().id());
                return;
            }
        }
        InThisTransaction first = new InThisTransaction(change.askedAt());
        first.revocations.add(change.revocation().id());
        TransactionSynchronizationManager.registerSynchronization(first);
    }

    private final class InThisTransaction implements TransactionSynchronization {
        private final Set<UUID> revocations = new LinkedHashSet<>();
        private final Instant calledAt;

        InThisTransaction(Instant calledAt) {
            this.calledAt = calledAt;
        }

        @Override
        public void beforeCommit(boolean readOnly) {
            rows.open(revocations, calledAt, clock.instant());
        }
    }
}
