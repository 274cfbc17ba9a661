package dev.certfleet.server.web;

import dev.certfleet.server.receipt.Receipts;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Receipts as they are answered. */
@Component
class ReceiptViews {
    private final Receipts receipts;

    ReceiptViews(Receipts receipts) {
        this.receipts = receipts;
    }

    /** Null for a revocation that was made before there were receipts. */
    @Nullable
    ReceiptView of(UUID revocation) {
        return of(List.of(revocation)).get(revocation);
    }

    Map<UUID, ReceiptView> of(Collection<UUID> revocations) {
        Map<UUID, ReceiptView> views = new HashMap<>();
        receipts.of(revocations).forEach((id, receipt) -> views.put(id, ReceiptView.of(receipt)));
        return views;
    }

    /** Once it is complete, or the time is up. */
    @Nullable
    ReceiptView await(UUID revocation, Duration longest) throws InterruptedException {
        return receipts.await(revocation, longest).map(ReceiptView::of).orElse(null);
    }
}
