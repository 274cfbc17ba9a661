package dev.certfleet.server.x509;

import dev.certfleet.pki.NodeRole;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The names that the serving certificates of a node carry, and those that are reserved for some of them. */
final class NodeNames {
    private static final List<InetAddress> LOOPBACK = Stream.of("127.0.0.1", "::1")
            .map(HostNames::address)
            .flatMap(Optional::stream)
            .toList();

    private NodeNames() {}

    static SubjectAlternativeNames ofApiServer(Holder holder) {
        Holder.Node node = (Holder.Node) holder;
        List<String> dnsNames = new ArrayList<>(List.of(node.node().name()));
        dnsNames.addAll(node.cluster().serviceNames());
        List<InetAddress> addresses = new ArrayList<>(node.cluster().serviceAddresses());
        addresses.addAll(node.node().addresses());
        for (String host : node.cluster().endpointHosts()) {
            HostNames.address(host).ifPresentOrElse(addresses::add, () -> dnsNames.add(host));
        }
        return new SubjectAlternativeNames(dnsNames, addresses);
    }

    static SubjectAlternativeNames ofEtcd(Holder holder) {
        NodeFacts node = ((Holder.Node) holder).node();
        return new SubjectAlternativeNames(
                List.of(node.name(), "localhost"),
                Stream.concat(node.addresses().stream(), LOOPBACK.stream()).toList());
    }

    static SubjectAlternativeNames ofKubelet(Holder holder) {
        NodeFacts node = ((Holder.Node) holder).node();
        return new SubjectAlternativeNames(List.of(node.name()), node.addresses());
    }

    static SubjectAlternativeNames ofLoopback(@SuppressWarnings("unused") Holder holder) {
        return new SubjectAlternativeNames(List.of("localhost"), LOOPBACK);
    }

    /** The DNS names that only certain profiles carry; whoever else bore one could stand in for the API. */
    static Set<String> reservedNames(ClusterFacts cluster) {
        return Stream.concat(serviceNames(cluster), cluster.endpointHosts().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The addresses that only certain profiles carry, loopback included. */
    static Set<InetAddress> reservedAddresses(ClusterFacts cluster) {
        return Stream.concat(serviceAddresses(cluster), endpointAddresses(cluster))
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * What of a node's own name and addresses is reserved. A control-plane node may be the API's endpoint, as its serving
     * certificate says so anyway; no node may be one of the service names, or loopback.
     */
    static List<String> reservedOf(ClusterFacts cluster, NodeFacts node) {
        boolean endpoint = node.roles().contains(NodeRole.CONTROL_PLANE);
        Set<String> names =
                endpoint ? serviceNames(cluster).collect(Collectors.toUnmodifiableSet()) : reservedNames(cluster);
        Set<InetAddress> addresses = endpoint
                ? serviceAddresses(cluster).collect(Collectors.toUnmodifiableSet())
                : reservedAddresses(cluster);
        return Stream.concat(
                        Stream.of(node.name()).filter(names::contains),
                        node.addresses().stream()
                                .filter(address -> addresses.contains(address) || address.isLoopbackAddress())
                                .map(InetAddress::getHostAddress))
                .toList();
    }

    private static Stream<String> serviceNames(ClusterFacts cluster) {
        return Stream.concat(
                cluster.serviceNames().stream(), Stream.of("localhost", "kubernetes.default.svc.cluster.local"));
    }

    private static Stream<InetAddress> serviceAddresses(ClusterFacts cluster) {
        return Stream.concat(cluster.serviceAddresses().stream(), LOOPBACK.stream());
    }

    private static Stream<InetAddress> endpointAddresses(ClusterFacts cluster) {
        return cluster.endpointHosts().stream().map(HostNames::address).flatMap(Optional::stream);
    }
}
