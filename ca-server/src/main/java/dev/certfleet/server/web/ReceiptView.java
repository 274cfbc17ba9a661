package dev.certfleet.server.web;

import dev.certfleet.server.receipt.Receipt;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A receipt as it is answered.
 *
 * @param state {@code pending}, {@code enforced} or {@code ended}
 * @param calledAt when the server was asked for the revocation
 * @param enforcedAfterMs milliseconds from the call to the arrival of the last expected proof, once all are there
 * @param counts by kind of door, how many are expected and how many have proved
 * @param doors each
 * @param note what the doors cannot tell
 */
@Schema(name = "Receipt")
record ReceiptView(
        String state,
        Instant calledAt,
        @Nullable Long enforcedAfterMs,
        Map<String, Count> counts,
        List<Door> doors,
        @Nullable String note) {

    @Schema(name = "ReceiptCount")
    record Count(int expected, int proved) {}

    @Schema(name = "ReceiptDoor")
    record Door(
            String kind,
            String name,
            String state,
            @Nullable Long enforcedAfterMs,
            @Nullable String evidence) {}

    static ReceiptView of(Receipt receipt) {
        Map<String, Count> counts = new LinkedHashMap<>();
        receipt.doors().stream().filter(Receipt.Door::expected).forEach(door -> {
            int proved = door.state().equals("proved") ? 1 : 0;
            counts.merge(
                    door.kind(),
                    new Count(1, proved),
                    (one, other) -> new Count(one.expected() + other.expected(), one.proved() + other.proved()));
        });
        return new ReceiptView(
                receipt.state().label(),
                receipt.calledAt(),
                after(receipt, receipt.enforcedAt()),
                counts,
                receipt.doors().stream()
                        .map(door -> new Door(
                                door.kind(),
                                door.name(),
                                door.state(),
                                after(receipt, door.provedAt()),
                                door.evidence()))
                        .toList(),
                receipt.note());
    }

    private static @Nullable Long after(Receipt receipt, @Nullable Instant at) {
        return at == null ? null : Duration.between(receipt.calledAt(), at).toMillis();
    }
}
