package dev.certfleet.server.metrics;

import dev.certfleet.server.audit.AuditEvent;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;

/** Counts what this server did, as audit events tell it, once it is committed. */
@Component
class EventCounters {
    private final MeterRegistry registry;
    private final Counter alarms;

    EventCounters(MeterRegistry registry) {
        this.registry = registry;
        this.alarms = Counter.builder("certfleet.alarms")
                .description("Alarms that agents raised")
                .register(registry);
    }

    @TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
    void count(AuditEvent event) {
        String cluster = orEmpty(event.cluster());
        registry.counter("certfleet.events", "type", event.type(), "cluster", cluster)
                .increment();
        if (event instanceof AuditEvent.CertificateIssued issued) {
            registry.counter("certfleet.certificates.issued", "cluster", cluster, "profile", issued.profile())
                    .increment();
        } else if (event instanceof AuditEvent.CertificateRevoked revoked) {
            registry.counter("certfleet.certificates.revoked", "cluster", cluster, "reason", revoked.reason())
                    .increment();
        } else if (event instanceof AuditEvent.AlarmRaised) {
            alarms.increment();
        }
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
