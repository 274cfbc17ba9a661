package dev.certfleet.server.ocsp;

import dev.certfleet.server.schedule.Repeating;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Keeps every authority's responder young, and takes over what another server renewed. */
@Configuration(proxyBeanMethods = false)
class ResponderSchedule {
    private static final Duration PAUSE = Duration.ofMinutes(1);

    @Bean
    Repeating responderRenewal(Responders responders) {
        return new Repeating("ocsp-responders", PAUSE, responders::refreshAll);
    }
}
