package dev.certfleet.server.receipt;

import dev.certfleet.server.schedule.Repeating;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Keeps the gauges of pending receipts fresh, and gives up on doors that are no more. */
@Configuration(proxyBeanMethods = false)
class ReceiptSchedule {
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration LATE = Duration.ofSeconds(10);

    @Bean
    Repeating receiptDoorsGone(ReceiptRows rows, Clock clock) {
        return new Repeating("receipt-doors", PAUSE, () -> rows.giveUpGone(clock.instant()));
    }

    @Bean
    Repeating receiptGauges(ReceiptRows rows, MeterRegistry registry, Clock clock) {
        MultiGauge late = MultiGauge.builder("certfleet.revocations.late")
                .description("Revocations that doors have not proved within 10 s")
                .register(registry);
        MultiGauge oldest = MultiGauge.builder("certfleet.revocations.oldest.pending")
                .description("Age of the oldest revocation that doors have not proved")
                .baseUnit("seconds")
                .register(registry);
        return new Repeating("receipt-gauges", PAUSE, () -> {
            Instant now = clock.instant();
            List<MultiGauge.Row<?>> counts = new ArrayList<>();
            List<MultiGauge.Row<?>> ages = new ArrayList<>();
            for (ReceiptRows.Pending pending : rows.pending(now.minus(LATE))) {
                Tags tags = Tags.of("cluster", pending.cluster());
                counts.add(MultiGauge.Row.of(tags, pending.late()));
                ages.add(MultiGauge.Row.of(
                        tags, Duration.between(pending.oldest(), now).toMillis() / 1000.0));
            }
            late.register(counts, true);
            oldest.register(ages, true);
        });
    }
}
