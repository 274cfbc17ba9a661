package dev.certfleet.agent.settings;

import dev.certfleet.agent.tpm.Tpm2Tools.EndorsementKey;
import java.util.Locale;

/**
 * The machine's TPM 2.0, by tpm2-tools. Where the section is there, the identity key is sealed by the TPM; with {@code
 * enrolment.cluster} the node enrols by it too.
 *
 * @param tcti how the TPM is reached, as tpm2-tools have it
 */
public record TpmSettings(String tcti, EndorsementKey endorsementKey) {
    static TpmSettings from(Section section) {
        TpmSettings settings = new TpmSettings(
                section.text("tcti").orElse("device:/dev/tpmrm0"),
                section.text("endorsementKey")
                        .map(text -> key(section.name("endorsementKey"), text))
                        .orElse(EndorsementKey.RSA));
        section.end();
        return settings;
    }

    private static EndorsementKey key(String name, String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "rsa" -> EndorsementKey.RSA;
            case "ecc" -> EndorsementKey.ECC;
            default -> throw Section.wrong(name + " has to be rsa or ecc, not '" + text + "'");
        };
    }
}
