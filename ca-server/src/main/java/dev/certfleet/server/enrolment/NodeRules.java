package dev.certfleet.server.enrolment;

import dev.certfleet.pki.NodeRole;
import dev.certfleet.server.x509.Violation;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a node may be called, and what it may be. */
final class NodeRules {
    private static final int LONGEST_NAME = 64 - "system:node:".length();

    private NodeRules() {}

    /** What is wrong with a node's name; empty where nothing is. */
    static Optional<Violation> name(String name) {
        if (!name.matches("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?") || name.contains("..")) {
            return Optional.of(new Violation("node-name", "a node's name is a DNS name in lower case (RFC 1123)"));
        }
        if (name.length() > LONGEST_NAME) {
            return Optional.of(new Violation(
                    "node-name",
                    "a node's name has at most " + LONGEST_NAME
                            + " characters: a kubelet's common name, system:node:NAME, has at most 64 (RFC 5280)"));
        }
        return Optional.empty();
    }

    /** The roles that there are not. */
    static List<Violation> roles(List<String> roles) {
        return roles.stream()
                .filter(role -> Stream.of(NodeRole.values())
                        .noneMatch(known -> known.label().equals(role)))
                .map(role -> new Violation("roles", "no node role is called '" + role + "'"))
                .toList();
    }
}
