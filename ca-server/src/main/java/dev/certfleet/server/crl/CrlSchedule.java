package dev.certfleet.server.crl;

import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.schedule.Repeating;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Looks several times a second for CRLs that are due: a revocation is in the CRL within the second. */
@Configuration(proxyBeanMethods = false)
class CrlSchedule {
    private static final Duration PAUSE = Duration.ofMillis(250);

    @Bean
    Repeating crlPublisher(PublishCrl publishCrl, Authorities authorities) {
        return new Repeating("crl-publisher", PAUSE, () -> publishDue(publishCrl, authorities));
    }

    /** One authority whose CRL cannot be made does not keep the others from theirs. */
    private static void publishDue(PublishCrl publishCrl, Authorities authorities) {
        RuntimeException failure = null;
        for (String name : publishCrl.due()) {
            try {
                authorities.named(name).ifPresent(publishCrl::publish);
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
