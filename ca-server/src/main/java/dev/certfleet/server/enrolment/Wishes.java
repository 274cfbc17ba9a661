package dev.certfleet.server.enrolment;

import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.wire.EnrolmentRequest;
import dev.certfleet.server.x509.Violation;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a node that enrols wants to be.
 *
 * @param name its name
 * @param roles all that the evidence grants where it asked for none
 * @param addresses textual, as they were sent
 */
record Wishes(String name, List<String> roles, List<String> addresses) {
    private static final int MOST_ADDRESSES = 32;
    private static final int LONGEST_NAME = 64 - "system:node:".length();

    static Wishes of(EnrolmentRequest request, Grant grant) {
        return new Wishes(
                request.nodeName(), request.roles().isEmpty() ? grant.roles() : request.roles(), request.addresses());
    }

    /** In one spelling each, so that the same address is recognised; where {@link #violations} has none. */
    List<String> canonicalAddresses() {
        return addresses.stream()
                .map(address -> InetAddress.ofLiteral(address).getHostAddress())
                .distinct()
                .toList();
    }

    /** All that no node can be, and that goes beyond what is granted. */
    List<Violation> violations(Grant grant) {
        List<Violation> violations = new ArrayList<>();
        if (!isName(name)) {
            violations.add(new Violation("node-name", "a node's name is a DNS name in lower case (RFC 1123)"));
        } else if (name.length() > LONGEST_NAME) {
            violations.add(new Violation(
                    "node-name",
                    "a node's name has at most " + LONGEST_NAME
                            + " characters: a kubelet's common name, system:node:NAME, has at most 64 (RFC 5280)"));
        } else if (!NamePattern.fits(grant.names(), name)) {
            violations.add(
                    new Violation("node-name-not-granted", grant.noun() + " is for nodes named " + grant.names()));
        }
        for (String role : roles) {
            if (Stream.of(NodeRole.values()).noneMatch(known -> known.label().equals(role))) {
                violations.add(new Violation("roles", "no node role is called '" + role + "'"));
            } else if (!grant.roles().contains(role)) {
                violations.add(new Violation("role-not-granted", grant.noun() + " does not grant the role " + role));
            }
        }
        if (addresses.size() > MOST_ADDRESSES) {
            violations.add(new Violation("addresses", "a node has at most " + MOST_ADDRESSES + " addresses"));
        }
        for (String address : addresses) {
            String wrong = wrongAddress(address);
            if (wrong != null) {
                violations.add(new Violation("addresses", wrong));
            }
        }
        return violations;
    }

    static boolean isName(String name) {
        return name.matches("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?") && !name.contains("..");
    }

    private static @Nullable String wrongAddress(String text) {
        try {
            InetAddress address = InetAddress.ofLiteral(text);
            boolean own = address.isLoopbackAddress() || address.isAnyLocalAddress() || address.isMulticastAddress();
            return own ? text + " is no address by which others reach a node" : null;
        } catch (IllegalArgumentException e) {
            return "'" + text + "' is not an IP address";
        }
    }
}
