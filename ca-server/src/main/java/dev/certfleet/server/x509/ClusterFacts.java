package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is on record of a cluster and goes into its certificates.
 *
 * @param name a DNS label of at most 63 characters; it is the organization of the cluster's node identities
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

    /** @throws IllegalArgumentException for anything that could not stand in a certificate */
    public ClusterFacts {
        serviceCidrs = List.copyOf(serviceCidrs);
        extraNames = List.copyOf(extraNames);
        if (!HostNames.isDnsName(name) || name.contains(".")) {
            throw new IllegalArgumentException(
                    "a cluster's name is a DNS label (lower case, digits, hyphens, at most 63), not '" + name + "'");
        }
        if (!HostNames.isDnsName(domain)) {
            throw new IllegalArgumentException("'" + domain + "' is not a DNS domain");
        }
        if (!keyAlgorithm.isForNewKeys()) {
            throw new IllegalArgumentException("no keys are made of " + keyAlgorithm.label() + " any more");
        }
        serviceCidrs.forEach(HostNames::firstAddress);
        extraNames.forEach(HostNames::hostOf);
        if (controlPlaneEndpoint != null) {
            HostNames.hostOf(controlPlaneEndpoint);
        }
    }

    /** The DNS names of the API as a service inside the cluster, shortest first. */
    List<String> serviceNames() {
        return List.of(
                "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + domain);
    }

    /** The addresses of the API as a service inside the cluster. */
    List<InetAddress> serviceAddresses() {
        return serviceCidrs.stream().map(HostNames::firstAddress).toList();
    }

    /** The names and addresses under which the API servers are reached from outside, as text in lower case. */
    List<String> endpointHosts() {
        return Stream.concat(Stream.ofNullable(controlPlaneEndpoint), extraNames.stream())
                .map(HostNames::hostOf)
                .distinct()
                .toList();
    }
}
