package dev.certfleet.server.authority;

import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Finds clusters. */
@Component
public class Clusters {
    private final ClusterRepository clusters;

    Clusters(ClusterRepository clusters) {
        this.clusters = clusters;
    }

    public Optional<Cluster> named(String name) {
        return clusters.findById(name);
    }

    /** By name. */
    public List<Cluster> all() {
        return clusters.findAllByOrderByName();
    }
}
