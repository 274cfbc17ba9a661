package dev.certfleet.server.authority;

import dev.certfleet.server.x509.ClusterFacts;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

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

    /** Finds one that nobody else changes until the caller's transaction ends. */
    @Transactional(propagation = Propagation.MANDATORY)
    public Optional<Cluster> lock(String name) {
        return clusters.lock(name);
    }

    /** Gives a cluster that was {@link #lock locked} another description: domain, networks, endpoint and extra names. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void describe(Cluster cluster, ClusterFacts facts) {
        cluster.describe(facts);
        clusters.saveAndFlush(cluster);
    }
}
