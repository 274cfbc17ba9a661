package dev.certfleet.agent.settings;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How the node proves itself the first time.
 *
 * @param tokenFile a file that holds an enrolment token and nothing else; {@code run} enrols with it by itself
 * @param cluster which cluster to enrol in by TPM or document; a token says it itself
 * @param tpm the machine's TPM
 * @param document the machine's signed identity document
 */
public record EnrolmentSettings(
        Optional<Path> tokenFile,
        Optional<String> cluster,
        Optional<TpmSettings> tpm,
        Optional<DocumentSettings> document) {
    static EnrolmentSettings from(Section section) {
        EnrolmentSettings settings = new EnrolmentSettings(
                section.has("tokenFile") ? Optional.of(section.path("tokenFile", Path.of("/"))) : Optional.empty(),
                section.text("cluster"),
                section.has("tpm") ? Optional.of(TpmSettings.from(section.section("tpm"))) : Optional.empty(),
                section.has("document")
                        ? Optional.of(DocumentSettings.from(section.section("document")))
                        : Optional.empty());
        section.end();
        return settings;
    }
}
