package dev.certfleet.server.probe;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.stereotype.Component;

/**
 * Health's {@code published}: {@code DEGRADED} where something is not found, or wrong, where certificates say it is. It is in
 * no probe of a load balancer, and the HTTP status of the whole stays 200: a wrong URL is no reason to stop this server.
 */
@Component("published")
class PublishedHealth implements HealthIndicator {
    static final Status DEGRADED = new Status("DEGRADED");

    /** URLs that are told one by one: all that are wrong, and others, up to so many. */
    private static final int MOST = 100;

    private final Probe probe;

    PublishedHealth(Probe probe) {
        this.probe = probe;
    }

    @Override
    public Health health() {
        List<Probe.Result> results = probe.results();
        List<Probe.Result> wrong =
                results.stream().filter(result -> result.problem() != null).toList();
        Map<String, String> urls = new LinkedHashMap<>();
        wrong.stream().limit(MOST).forEach(result -> urls.put(result.url(), String.valueOf(result.problem())));
        results.stream()
                .filter(result -> result.problem() == null)
                .limit(MOST - urls.size())
                .forEach(result -> urls.put(result.url(), "ok, " + result.at()));
        return (wrong.isEmpty() ? Health.up() : Health.status(DEGRADED))
                .withDetail("looked-at", results.size())
                .withDetail("wrong", wrong.size())
                .withDetail("urls", urls)
                .build();
    }
}
