package dev.certfleet.agent;

import dev.certfleet.agent.publish.Layout;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.Assignment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a node published by a role that it has no more. The server revoked it; the files stay, as a component may run on them,
 * and no word of a server takes a running component's files away. They are told of until somebody deletes them.
 */
final class LeftOvers {
    private LeftOvers() {}

    static List<String> of(Assignment assignment, Layout layout, StateFolder folder) {
        List<String> lines = new ArrayList<>();
        for (ProfileName profile : ProfileName.values()) {
            boolean assigned = assignment.certificates().stream()
                    .anyMatch(certificate -> certificate.profile().equals(profile.label()));
            if (assigned || !Files.exists(folder.certificate(profile.label()).resolve("state.json"))) {
                continue;
            }
            layout.of(profile)
                    .map(Layout.Files::key)
                    .filter(Files::exists)
                    .map(key -> line(profile, key))
                    .ifPresent(lines::add);
        }
        return lines;
    }

    private static String line(ProfileName profile, Path key) {
        return key + " is left from a role that this node has no more, and its " + profile.label()
                + " certificate is revoked; stop what reads it, then delete it";
    }
}
