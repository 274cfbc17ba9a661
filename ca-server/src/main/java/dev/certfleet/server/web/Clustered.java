package dev.certfleet.server.web;

import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.authority.Clusters;
import org.springframework.stereotype.Component;

/** Finds the cluster of a path, after it was decided that the caller may know of it. */
@Component
class Clustered {
    private final Clusters clusters;

    Clustered(Clusters clusters) {
        this.clusters = clusters;
    }

    Cluster named(String name) {
        return clusters.named(name).orElseThrow(() -> ProblemException.notFound("cluster called '" + name + "'"));
    }
}
