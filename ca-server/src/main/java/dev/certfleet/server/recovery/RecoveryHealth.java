package dev.certfleet.server.recovery;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What health says of database and journal. Neither is a reason to restart a server: liveness does not ask them. */
@Configuration(proxyBeanMethods = false)
class RecoveryHealth {
    @Bean
    HealthIndicator databaseStateHealthIndicator(DatabaseState state) {
        return () -> state.isBehind()
                ? Health.outOfService()
                        .withDetail(
                                "database", "behind what was known before; GET /api/v1/recovery tells what it lacks")
                        .build()
                : Health.up().build();
    }

    @Bean
    HealthIndicator journalHealthIndicator(Journal journal, MeterRegistry metrics) {
        Gauge.builder("certfleet.journal.failing", () -> journal.failure() == null ? 0 : 1)
                .description("Whether the newest append to the journal failed")
                .register(metrics);
        return () -> {
            String failure = journal.failure();
            return failure == null
                    ? Health.up().build()
                    : Health.down().withDetail("journal", failure).build();
        };
    }
}
