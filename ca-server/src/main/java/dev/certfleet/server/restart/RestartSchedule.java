package dev.certfleet.server.restart;

import dev.certfleet.server.schedule.Repeating;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Shows operators the restarts that keep others from beginning. */
@Configuration(proxyBeanMethods = false)
class RestartSchedule {
    private static final Duration PAUSE = Duration.ofSeconds(15);

    @Bean
    Repeating restartGauges(RestartLeases leases, MeterRegistry registry) {
        MultiGauge blocked = MultiGauge.builder("certfleet.restarts.blocked")
                .description("Restarts that did not end healthy: no other begins in that cluster")
                .register(registry);
        return new Repeating("restart-gauges", PAUSE, () -> {
            List<MultiGauge.Row<?>> rows = new ArrayList<>();
            for (Lease lease : leases.blocking()) {
                rows.add(MultiGauge.Row.of(
                        Tags.of("cluster", lease.cluster(), "node", lease.node(), "component", lease.component()), 1));
            }
            blocked.register(rows, true);
        });
    }
}
