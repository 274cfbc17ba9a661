package dev.certfleet.server.rotation;

import dev.certfleet.server.schedule.Repeating;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Looks every few seconds whether a rotation can go on, and shows operators those that do not. */
@Configuration(proxyBeanMethods = false)
class RotationSchedule {
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration GAUGE_PAUSE = Duration.ofSeconds(15);

    @Bean
    Repeating rotationTurns(AdvanceRotations advance) {
        return new Repeating("rotation-turns", PAUSE, advance::all);
    }

    @Bean
    Repeating rotationGauges(RotationRows rows, MeterRegistry registry) {
        MultiGauge waits = MultiGauge.builder("certfleet.rotation.waits")
                .description("Nodes and certificates that a rotation waits for at its step")
                .register(registry);
        MultiGauge moved = MultiGauge.builder("certfleet.rotation.moved")
                .description("When a rotation that is under way last came on")
                .baseUnit("seconds")
                .register(registry);
        return new Repeating("rotation-gauges", GAUGE_PAUSE, () -> {
            List<MultiGauge.Row<?>> counts = new ArrayList<>();
            List<MultiGauge.Row<?>> times = new ArrayList<>();
            for (Rotation rotation : rows.underWay()) {
                Tags tags = Tags.of(
                        "cluster",
                        orEmpty(rotation.cluster()),
                        "kind",
                        rotation.kind().label(),
                        "step",
                        rotation.step().label());
                counts.add(MultiGauge.Row.of(tags, rotation.waits()));
                times.add(MultiGauge.Row.of(tags, rotation.movedAt().getEpochSecond()));
            }
            waits.register(counts, true);
            moved.register(times, true);
        });
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
