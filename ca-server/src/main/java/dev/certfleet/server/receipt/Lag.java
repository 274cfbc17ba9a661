package dev.certfleet.server.receipt;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import org.springframework.stereotype.Component;

/** Measures from the call to the arrival of each door's proof at this server. */
@Component
class Lag {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofMinutes(1),
        Duration.ofMinutes(5),
        Duration.ofHours(1)
    };

    private final MeterRegistry metrics;

    Lag(MeterRegistry metrics) {
        this.metrics = metrics;
        for (DoorKind kind : DoorKind.values()) {
            timer(kind);
        }
    }

    void record(DoorKind kind, List<ReceiptRows.Proved> proved) {
        Timer timer = timer(kind);
        proved.forEach(one -> timer.record(one.lag()));
    }

    private Timer timer(DoorKind kind) {
        return Timer.builder("certfleet.enforcement.lag")
                .description("From the call that revoked to the arrival of a door's proof")
                .tag("door", kind.label())
                .serviceLevelObjectives(BUCKETS)
                .register(metrics);
    }
}
