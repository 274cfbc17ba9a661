package dev.certfleet.agent.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The section {@code kubelet}: the drop-in that is published for it.
 *
 * @param configuration where, with a name that ends in {@code .conf}; left out, below {@code paths.kubernetes}
 * @param cacheFor how long the kubelet may repeat kube-apiserver's word on a caller at its own port
 */
public record KubeletSettings(Optional<Path> configuration, Duration cacheFor) {
    private static final Duration SHORTEST_CACHE = Duration.ofMillis(100);
    private static final Duration USUAL_CACHE = Duration.ofSeconds(5);

    static KubeletSettings from(Section section) {
        Optional<Path> configuration = section.has("configuration")
                ? Optional.of(section.path("configuration", Path.of("/")))
                : Optional.empty();
        Duration cacheFor = section.duration("cacheFor", USUAL_CACHE);
        section.end();
        if (configuration.isPresent() && !configuration.get().toString().endsWith(".conf")) {
            throw Section.wrong(section.name("configuration")
                    + " has to end in .conf: the kubelet passes over every other name in its --config-dir");
        }
        if (cacheFor.compareTo(SHORTEST_CACHE) < 0) {
            throw Section.wrong(section.name("cacheFor") + " has to be at least " + SHORTEST_CACHE.toMillis()
                    + "ms; the kubelet takes 0 for its own 5 minutes");
        }
        return new KubeletSettings(configuration, cacheFor);
    }
}
