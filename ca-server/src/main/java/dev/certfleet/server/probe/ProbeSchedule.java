package dev.certfleet.server.probe;

import dev.certfleet.server.schedule.Repeating;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Probes all the time, and tells what it found as a metric for each authority. */
@Configuration(proxyBeanMethods = false)
class ProbeSchedule {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration GAUGES_PAUSE = Duration.ofSeconds(15);

    @Bean
    Repeating publishedProbe(Probe probe) {
        return new Repeating("published-probe", PAUSE, probe::turn);
    }

    @Bean
    Repeating publishedGauges(Probe probe, MeterRegistry registry) {
        MultiGauge wrong = MultiGauge.builder("certfleet.published.wrong")
                .description("URLs in an authority's certificates where what should be there is not, or is wrong")
                .register(registry);
        return new Repeating("published-gauges", GAUGES_PAUSE, () -> wrong.register(rows(probe), true));
    }

    private static List<MultiGauge.Row<?>> rows(Probe probe) {
        Map<String, Integer> wrong = new TreeMap<>();
        for (Probe.Result result : probe.results()) {
            wrong.merge(result.authority(), result.problem() == null ? 0 : 1, Integer::sum);
        }
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        wrong.forEach((authority, count) -> rows.add(MultiGauge.Row.of(Tags.of("authority", authority), count)));
        return rows;
    }
}
