package dev.certfleet.server.ocsp;

import dev.certfleet.server.signing.OcspResponseData.CertStatus;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.stereotype.Component;

/** What OCSP exports; docs/monitoring.md describes each. */
@Component
class OcspMetrics {
    private final Counter good;
    private final Counter revoked;
    private final Counter unknown;
    private final Counter ahead;
    private final Counter whenAsked;
    private final Map<OcspError, Counter> errors = new EnumMap<>(OcspError.class);
    private final AtomicLong oldestAnswer = new AtomicLong();

    OcspMetrics(MeterRegistry registry, StatusTable table) {
        good = answers(registry, "good");
        revoked = answers(registry, "revoked");
        unknown = answers(registry, "unknown");
        for (OcspError error : OcspError.values()) {
            errors.put(error, answers(registry, error.label()));
        }
        ahead = registry.counter("certfleet.ocsp.signatures", "when", "ahead");
        whenAsked = registry.counter("certfleet.ocsp.signatures", "when", "asked");
        registry.gauge("certfleet.ocsp.certificates", table, StatusTable::size);
        registry.gauge("certfleet.ocsp.known.seconds", table, OcspMetrics::knownSeconds);
        registry.gauge("certfleet.ocsp.oldest.answer.seconds", oldestAnswer, AtomicLong::get);
    }

    private static Counter answers(MeterRegistry registry, String result) {
        return registry.counter("certfleet.ocsp.answers", "result", result);
    }

    private static double knownSeconds(StatusTable table) {
        Instant asOf = table.asOf();
        return asOf == null ? 0 : asOf.toEpochMilli() / 1000.0;
    }

    void said(CertStatus status) {
        switch (status) {
            case CertStatus.Good said -> good.increment();
            case CertStatus.Revoked said -> revoked.increment();
            case CertStatus.Unknown said -> unknown.increment();
        }
    }

    void failed(OcspError error) {
        Objects.requireNonNull(errors.get(error)).increment();
    }

    void signedAhead() {
        ahead.increment();
    }

    void signedWhenAsked() {
        whenAsked.increment();
    }

    /** @param seconds since 1970: the thisUpdate of the oldest answer that is kept */
    void oldestAnswer(long seconds) {
        oldestAnswer.set(seconds);
    }
}
