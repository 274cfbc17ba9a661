package dev.certfleet.server.enrolment;

import dev.certfleet.pki.wire.EnrolmentRequest;
import dev.certfleet.server.x509.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a node that enrols wants to be.
 *
 * @param name its name
 * @param roles all that the evidence grants where it asked for none
 * @param addresses textual, as they were sent
 */
record Wishes(String name, List<String> roles, List<String> addresses) {
    static Wishes of(EnrolmentRequest request, Grant grant) {
        return new Wishes(
                request.nodeName(), request.roles().isEmpty() ? grant.roles() : request.roles(), request.addresses());
    }

    /** In one spelling each, so that the same address is recognised; where {@link #violations} has none. */
    List<String> canonicalAddresses() {
        return NodeAddresses.inOneSpelling(addresses);
    }

    /** All that no node can be, and that goes beyond what is granted. */
    List<Violation> violations(Grant grant) {
        List<Violation> violations = new ArrayList<>();
        Optional<Violation> wrongName = NodeRules.name(name);
        if (wrongName.isPresent()) {
            violations.add(wrongName.get());
        } else if (!NamePattern.fits(grant.names(), name)) {
            violations.add(
                    new Violation("node-name-not-granted", grant.noun() + " is for nodes named " + grant.names()));
        }
        violations.addAll(NodeRules.roles(roles));
        roles.stream()
                .filter(role -> NodeRules.roles(List.of(role)).isEmpty())
                .filter(role -> !grant.roles().contains(role))
                .map(role -> new Violation("role-not-granted", grant.noun() + " does not grant the role " + role))
                .forEach(violations::add);
        violations.addAll(NodeAddresses.form(addresses));
        return violations;
    }

    static boolean isName(String name) {
        return name.matches("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?") && !name.contains("..");
    }
}
