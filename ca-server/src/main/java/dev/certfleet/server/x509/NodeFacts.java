package dev.certfleet.server.x509;

import dev.certfleet.pki.NodeRole;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;

/**
 * What is on record of a node since its enrolment, or by an operator's word since then.
 *
 * @param name a DNS name in lower case, as Kubernetes has it; the certificates that carry it in their common name bound it
 *     further
 */
public record NodeFacts(String name, Set<NodeRole> roles, List<InetAddress> addresses) {
    /** @throws IllegalArgumentException where the name is no DNS name */
    public NodeFacts {
        roles = Set.copyOf(roles);
        addresses = List.copyOf(addresses);
        if (!HostNames.isDnsName(name)) {
            throw new IllegalArgumentException("a node's name is a DNS name in lower case, not '" + name + "'");
        }
    }
}
