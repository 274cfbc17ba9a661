package dev.certfleet.server.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * The gauges of what is read by {@link Expiries}: times as seconds since 1970, so that they are right whenever they are
 * looked at. There is one for each authority, operator, and profile of a cluster, never one for each certificate.
 */
@Component
class ExpiryGauges {
    private final Expiries expiries;
    private final Clock clock;
    private final MultiGauge authorities;
    private final MultiGauge certificates;
    private final MultiGauge earliest;
    private final MultiGauge overdue;
    private final MultiGauge ending;
    private final MultiGauge operators;
    private final MultiGauge crlThisUpdate;
    private final MultiGauge crlNextUpdate;
    private final MultiGauge responders;
    private volatile Instant refreshedAt = Instant.EPOCH;

    ExpiryGauges(Expiries expiries, MeterRegistry registry, Clock clock) {
        this.expiries = expiries;
        this.clock = clock;
        this.authorities = seconds(registry, "certfleet.authority.not.after", "When the authority's certificate ends");
        this.certificates = MultiGauge.builder("certfleet.certificates.current")
                .description("Current certificates")
                .register(registry);
        this.earliest = seconds(
                registry,
                "certfleet.certificates.earliest.not.after",
                "When the first of the current certificates ends");
        this.overdue = MultiGauge.builder("certfleet.certificates.overdue")
                .description("Current certificates with less than a quarter of their life before them")
                .register(registry);
        this.ending = MultiGauge.builder("certfleet.certificates.ending")
                .description("Current certificates that end within a time")
                .register(registry);
        this.operators = seconds(registry, "certfleet.operator.not.after", "When the operator's credential ends");
        this.crlThisUpdate = seconds(registry, "certfleet.crl.this.update", "When the newest CRL was issued");
        this.crlNextUpdate = seconds(registry, "certfleet.crl.next.update", "When the newest CRL runs out");
        this.responders =
                seconds(registry, "certfleet.ocsp.responder.not.after", "When the OCSP responder's certificate ends");
        Gauge.builder("certfleet.expiry.refreshed", () -> seconds(refreshedAt))
                .description("When these gauges were last read from the database")
                .baseUnit("seconds")
                .register(registry);
    }

    private static MultiGauge seconds(MeterRegistry registry, String name, String description) {
        return MultiGauge.builder(name)
                .description(description)
                .baseUnit("seconds")
                .register(registry);
    }

    /** Reads all again; where the database is away, the gauges stay as they are. */
    void refresh() {
        Instant now = clock.instant();
        List<Expiries.OfProfile> profiles = expiries.profiles(now);
        authorities.register(
                rows(
                        expiries.authorities(),
                        of -> Tags.of(
                                "authority",
                                of.name(),
                                "cluster",
                                of.cluster(),
                                "kind",
                                of.kind(),
                                "state",
                                of.state()),
                        of -> seconds(of.notAfter())),
                true);
        certificates.register(rows(profiles, ExpiryGauges::tags, Expiries.OfProfile::count), true);
        earliest.register(rows(profiles, ExpiryGauges::tags, of -> seconds(of.earliest())), true);
        overdue.register(rows(profiles, ExpiryGauges::tags, Expiries.OfProfile::overdue), true);
        ending.register(endingRows(profiles), true);
        operators.register(
                rows(expiries.operators(now), of -> Tags.of("operator", of.name()), of -> seconds(of.notAfter())),
                true);
        List<Expiries.OfCrl> crls = expiries.crls(now);
        crlThisUpdate.register(
                rows(crls, of -> Tags.of("authority", of.authority()), of -> seconds(of.thisUpdate())), true);
        crlNextUpdate.register(
                rows(crls, of -> Tags.of("authority", of.authority()), of -> seconds(of.nextUpdate())), true);
        responders.register(
                rows(
                        expiries.responders(now),
                        of -> Tags.of("authority", of.authority()),
                        of -> seconds(of.notAfter())),
                true);
        refreshedAt = now;
    }

    private interface TagsOf<T> {
        Tags of(T row);
    }

    private interface NumberOf<T> {
        double of(T row);
    }

    private static <T> List<MultiGauge.Row<?>> rows(List<T> read, TagsOf<T> tags, NumberOf<T> number) {
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        for (T row : read) {
            rows.add(MultiGauge.Row.of(tags.of(row), number.of(row)));
        }
        return rows;
    }

    private static List<MultiGauge.Row<?>> endingRows(List<Expiries.OfProfile> profiles) {
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        for (Expiries.OfProfile profile : profiles) {
            profile.ending()
                    .forEach((within, count) ->
                            rows.add(MultiGauge.Row.of(tags(profile).and("within", within), count)));
        }
        return rows;
    }

    private static Tags tags(Expiries.OfProfile of) {
        return Tags.of("cluster", of.cluster(), "profile", of.profile());
    }

    private static double seconds(Instant time) {
        return time.getEpochSecond();
    }
}
