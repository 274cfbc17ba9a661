package dev.certfleet.server.metrics;

import dev.certfleet.server.schedule.Repeating;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Keeps the gauges fresh. */
@Configuration(proxyBeanMethods = false)
class MetricsSchedule {
    private static final Duration PAUSE = Duration.ofMinutes(1);

    @Bean
    Repeating expiryGaugesRefresh(ExpiryGauges gauges) {
        return new Repeating("expiry-gauges", PAUSE, gauges::refresh);
    }
}
