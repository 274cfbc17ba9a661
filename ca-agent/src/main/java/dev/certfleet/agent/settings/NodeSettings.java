package dev.certfleet.agent.settings;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.NodeRole;
import java.util.List;
import java.util.Optional;

/**
 * What the node says of itself when it enrols; afterwards the server's record counts.
 *
 * @param name its name; left out, the host's
 * @param roles the roles it wants; empty takes all that the token grants
 * @param addresses its IP addresses; empty takes those of its interfaces
 */
public record NodeSettings(Optional<String> name, List<String> roles, List<String> addresses) {
    static NodeSettings from(Section section) {
        NodeSettings settings =
                new NodeSettings(section.text("name"), section.texts("roles"), section.texts("addresses"));
        section.end();
        for (String role : settings.roles()) {
            try {
                NodeRole.of(role);
            } catch (IllegalArgumentException e) {
                throw new Trouble(ExitCode.SETTINGS, section.name("roles") + ": " + e.getMessage(), e);
            }
        }
        return settings;
    }
}
