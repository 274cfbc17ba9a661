package dev.certfleet.server.crl;

import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.schedule.Repeating;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Looks several times a second for CRLs that are due, and for those that others made: a revocation is in its CRL, at every
 * server, within the second. Large CRLs are made on a thread of their own, so that nothing waits for them.
 */
@Configuration(proxyBeanMethods = false)
class CrlSchedule {
    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final Duration FETCH_PAUSE = Duration.ofMillis(200);

    @Bean
    Repeating crlPublisher(DueCrls due, Crls crls, Authorities authorities, Clock clock) {
        return new Repeating("crl-publisher", PAUSE, new Turn(due, crls, authorities, clock, false));
    }

    @Bean
    Repeating largeCrlPublisher(DueCrls due, Crls crls, Authorities authorities, Clock clock) {
        return new Repeating("large-crl-publisher", PAUSE, new Turn(due, crls, authorities, clock, true));
    }

    @Bean
    Repeating crlFetcher(Crls crls) {
        return new Repeating("crl-fetcher", FETCH_PAUSE, crls::fetchNews);
    }

    /** Publishes what is due: after a change now, what the schedule asks for every few seconds. */
    private static final class Turn implements Runnable {
        private static final Duration SCHEDULED = Duration.ofSeconds(5);

        private final DueCrls due;
        private final Crls crls;
        private final Authorities authorities;
        private final Clock clock;
        private final boolean large;
        private Instant scheduledAt = Instant.MIN;

        Turn(DueCrls due, Crls crls, Authorities authorities, Clock clock, boolean large) {
            this.due = due;
            this.crls = crls;
            this.authorities = authorities;
            this.clock = clock;
            this.large = large;
        }

        /** A CRL that cannot be made does not keep the others from being made. */
        @Override
        public void run() {
            List<DueCrls.Due> found = new ArrayList<>(due.changed());
            Instant now = clock.instant();
            if (!now.isBefore(scheduledAt.plus(SCHEDULED))) {
                found.addAll(due.scheduled());
                scheduledAt = now;
            }
            RuntimeException failure = null;
            for (DueCrls.Due one : found) {
                if (one.size() > DueCrls.SMALL == large) {
                    try {
                        authorities
                                .named(one.id().authority())
                                .ifPresent(authority ->
                                        crls.publish(authority, one.id().part()));
                    } catch (RuntimeException e) {
                        failure = e;
                    }
                }
            }
            if (failure != null) {
                throw failure;
            }
        }
    }
}
