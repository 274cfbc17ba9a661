package dev.certfleet.server.enrolment;

import dev.certfleet.pki.NodeRole;
import dev.certfleet.server.x509.Violation;
import java.util.ArrayList;
import java.util.List;

/** A node's name, in which {@code *} stands for any characters. */
final class NamePattern {
    private NamePattern() {}

    static boolean fits(String pattern, String nodeName) {
        String[] parts = pattern.split("\\*", -1);
        if (parts.length == 1) {
            return nodeName.equals(pattern);
        }
        // What is between the stars is found from left to right; a regular expression could try for ever
        String last = parts[parts.length - 1];
        int end = nodeName.length() - last.length();
        int at = parts[0].length();
        if (at > end || !nodeName.startsWith(parts[0]) || !nodeName.endsWith(last)) {
            return false;
        }
        for (int i = 1; i < parts.length - 1; i++) {
            int found = nodeName.indexOf(parts[i], at);
            if (found < 0 || found + parts[i].length() > end) {
                return false;
            }
            at = found + parts[i].length();
        }
        return true;
    }

    /**
     * The rules that a pattern and roles to be granted break.
     *
     * @param what grants them, for messages, as in {@code a token}
     */
    static List<Violation> violations(String pattern, List<String> roles, String what) {
        List<Violation> violations = new ArrayList<>();
        if (!pattern.matches("[a-z0-9*]([a-z0-9.*-]{0,251}[a-z0-9*])?")) {
            violations.add(new Violation(
                    "node-name-pattern", "a pattern is a node's name in lower case, with * for any characters"));
        }
        if (roles.isEmpty()) {
            violations.add(new Violation("roles", what + " grants at least one role"));
        }
        for (String role : roles) {
            try {
                NodeRole.of(role);
            } catch (IllegalArgumentException e) {
                violations.add(new Violation("roles", String.valueOf(e.getMessage())));
            }
        }
        return violations;
    }
}
