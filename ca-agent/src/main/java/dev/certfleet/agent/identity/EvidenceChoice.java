package dev.certfleet.agent.identity;

import dev.certfleet.agent.settings.EnrolmentSettings;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.agent.tpm.Tpm;
import dev.certfleet.agent.tpm.Tpm2Tools;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;

/** What the settings say of proving this machine: a token where there is one, else its TPM, else a document. */
public final class EvidenceChoice {
    private EvidenceChoice() {}

    /** Empty where there is neither a token file nor another way set. */
    public static Optional<Evidence> of(Settings settings) {
        EnrolmentSettings enrolment = settings.enrolment();
        Optional<Evidence> token =
                enrolment.tokenFile().flatMap(Token::fromFile).map(Evidence.class::cast);
        if (token.isPresent() || enrolment.cluster().isEmpty()) {
            return token;
        }
        String cluster = enrolment.cluster().get();
        return tpm(settings)
                .<Evidence>map(tpm -> new Evidence.OfTpm(cluster, tpm))
                .or(() -> enrolment
                        .document()
                        .map(document -> new Evidence.OfDocument(cluster, new DocumentSource(document))));
    }

    /** What to do where {@link #of} is empty. */
    public static String hint(Settings settings) {
        EnrolmentSettings enrolment = settings.enrolment();
        String others = enrolment.tpm().isPresent() || enrolment.document().isPresent()
                ? "set enrolment.cluster to enrol by the TPM or document"
                : "set enrolment.cluster with enrolment.tpm or enrolment.document";
        return enrolment.tokenFile().map(file -> "put one into " + file).orElse("set enrolment.tokenFile")
                + ", run 'ca-agent enrol', or " + others;
    }

    /** How this machine's identity key rests on disk: under the TPM where one is set. */
    public static KeySeal seal(Settings settings, SecureRandom random) {
        return tpm(settings).<KeySeal>map(tpm -> new TpmKeySeal(tpm, random)).orElse(KeySeal.NONE);
    }

    private static Optional<Tpm> tpm(Settings settings) {
        Path work = settings.paths().state().resolve("identity");
        return settings.enrolment().tpm().map(set -> new Tpm2Tools(set.tcti(), set.endorsementKey(), work));
    }
}
