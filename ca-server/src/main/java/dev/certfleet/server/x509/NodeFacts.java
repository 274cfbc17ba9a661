package dev.certfleet.server.x509;

import dev.certfleet.pki.NodeRole;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;

/** What is on record of a node since its enrolment, or by an operator's word since then. */
public record NodeFacts(String name, Set<NodeRole> roles, List<InetAddress> addresses) {
    public NodeFacts {
        roles = Set.copyOf(roles);
        addresses = List.copyOf(addresses);
    }
}
