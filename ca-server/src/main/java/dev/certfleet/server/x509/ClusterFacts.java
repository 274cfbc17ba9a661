package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is on record of a cluster and goes into its certificates.
 *
 * @param domain the cluster's DNS domain, {@code cluster.local} as a rule
 * @param serviceCidrs the service networks; the first address of each is the API's service address
 * @param controlPlaneEndpoint host or host:port under which the API servers are reached together
 * @param extraNames further DNS names or addresses of the API servers
 * @param keyAlgorithm what nodes are told to make keys of
 */
public record ClusterFacts(
        String name,
        String domain,
        List<String> serviceCidrs,
        @Nullable String controlPlaneEndpoint,
        List<String> extraNames,
        KeyAlgorithm keyAlgorithm) {
    public ClusterFacts {
        serviceCidrs = List.copyOf(serviceCidrs);
        extraNames = List.copyOf(extraNames);
    }
}
