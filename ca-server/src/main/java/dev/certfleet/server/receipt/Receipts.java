package dev.certfleet.server.receipt;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.springframework.stereotype.Component;

/** Finds receipts, and waits for them. Who waits holds no connection to the database. */
@Component
public class Receipts {
    private final ReceiptRows rows;
    private final ReceiptNews news;
    private final Clock clock;

    Receipts(ReceiptRows rows, ReceiptNews news, Clock clock) {
        this.rows = rows;
        this.news = news;
        this.clock = clock;
    }

    /** Of each revocation that has one; those made before there were receipts have none. */
    public Map<UUID, Receipt> of(Collection<UUID> revocations) {
        return rows.of(revocations);
    }

    /** The receipt once it is no longer pending, or as it is when the time is up. */
    public Optional<Receipt> await(UUID revocation, Duration longest) throws InterruptedException {
        Instant end = clock.instant().plus(longest);
        long seen = news.count();
        Optional<Receipt> receipt = find(revocation);
        Duration left = longest;
        while (isPending(receipt) && left.isPositive() && news.await(seen, left)) {
            seen = news.count();
            receipt = find(revocation);
            left = Duration.between(clock.instant(), end);
        }
        return receipt;
    }

    private Optional<Receipt> find(UUID revocation) {
        return Optional.ofNullable(rows.of(List.of(revocation)).get(revocation));
    }

    private static boolean isPending(Optional<Receipt> receipt) {
        return receipt.filter(one -> one.state() == Receipt.State.PENDING).isPresent();
    }
}
