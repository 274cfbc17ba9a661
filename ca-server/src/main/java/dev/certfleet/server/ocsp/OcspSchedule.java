package dev.certfleet.server.ocsp;

import dev.certfleet.server.ledger.StatusChanges;
import dev.certfleet.server.schedule.Repeating;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What keeps answers fresh: young responders, answers signed ahead, a change log that does not grow. */
@Configuration(proxyBeanMethods = false)
class OcspSchedule {
    private static final Duration PAUSE = Duration.ofMinutes(1);
    private static final Duration SHORT_PAUSE = Duration.ofMillis(10);
    private static final Duration BETWEEN_TRIMS = Duration.ofHours(1);

    @Bean
    Repeating responderRenewal(Responders responders) {
        return new Repeating("ocsp-responders", PAUSE, responders::refreshAll);
    }

    @Bean
    Repeating signingAhead(SignAhead signAhead) {
        return new Repeating("ocsp-signer", SHORT_PAUSE, signAhead::turn);
    }

    @Bean
    Repeating statusChangeTrim(StatusChanges changes) {
        return new Repeating("status-change-trim", BETWEEN_TRIMS, changes::trim);
    }
}
