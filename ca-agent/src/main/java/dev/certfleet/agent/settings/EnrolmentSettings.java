package dev.certfleet.agent.settings;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How the node proves itself the first time.
 *
 * @param tokenFile a file that holds an enrolment token and nothing else; {@code run} enrols with it by itself
 */
public record EnrolmentSettings(Optional<Path> tokenFile) {
    static EnrolmentSettings from(Section section) {
        EnrolmentSettings settings = new EnrolmentSettings(
                section.has("tokenFile") ? Optional.of(section.path("tokenFile", Path.of("/"))) : Optional.empty());
        section.end();
        return settings;
    }
}
