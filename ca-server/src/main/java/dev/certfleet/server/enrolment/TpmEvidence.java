package dev.certfleet.server.enrolment;

import dev.certfleet.pki.EvidenceBinding;
import dev.certfleet.pki.wire.TpmProof;
import dev.certfleet.server.enrolment.TpmChallenges.Challenge;
import dev.certfleet.server.enrolment.tpm.TpmFormatException;
import dev.certfleet.server.enrolment.tpm.TpmQuote;
import dev.certfleet.server.x509.CertificationRequest;
import dev.certfleet.server.x509.Violation;
import dev.certfleet.server.x509.Violations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encoding;
import org.springframework.stereotype.Component;

/**
 * The answer to a challenge proves which machine asks: the secret shows that the attestation key is in the TPM with the
 * admitted endorsement key, and that key's signature that this TPM was asked to speak for the key in the request.
 */
@Component
class TpmEvidence {
    private final TpmChallenges challenges;
    private final TpmAdmissionRepository admissions;
    private final Machines machines;
    private final Refusals refusals;
    private final Clock clock;

    TpmEvidence(
            TpmChallenges challenges,
            TpmAdmissionRepository admissions,
            Machines machines,
            Refusals refusals,
            Clock clock) {
        this.challenges = challenges;
        this.admissions = admissions;
        this.machines = machines;
        this.refusals = refusals;
        this.clock = clock;
    }

    Examination examine(Evidence.TpmAttestation evidence, CertificationRequest csr) {
        TpmProof proof = evidence.proof();

        // 1. Our challenge, in time
        Optional<Challenge> read = challenges.read(proof.challenge());
        if (read.isEmpty() || !clock.instant().isBefore(read.get().expiresAt())) {
            return new Examination.Refused(
                    new Enrolment.NotProven("the challenge is not this installation's, or its time is over"));
        }
        Challenge challenge = read.get();
        String machine = HexFormat.of().formatHex(challenge.endorsementKey());

        // 2. The secret, and the quote over challenge and key
        try {
            byte[] secret = Base64.getDecoder().decode(proof.secret());
            if (!MessageDigest.isEqual(ChallengeTpm.sha256(secret), challenge.secretDigest())) {
                return notProven(challenge, machine, "the secret is not the one that only the admitted TPM can read");
            }
            TpmQuote quote = TpmQuote.read(Base64.getDecoder().decode(proof.attestation()));
            byte[] expected = EvidenceBinding.quote(proof.challenge(), csr.key().getEncoded(ASN1Encoding.DER));
            if (!MessageDigest.isEqual(expected, quote.qualifyingData())) {
                return notProven(challenge, machine, "the attestation is not for this challenge and the request's key");
            }
            if (!quote.isSignedBy(
                    challenge.attestationKey(), Base64.getDecoder().decode(proof.signature()))) {
                return notProven(challenge, machine, "the attestation is not signed by the attestation key");
            }
        } catch (TpmFormatException | IllegalArgumentException | IOException e) {
            return new Examination.Refused(new Enrolment.Refused(
                    new Violations(List.of(new Violation("tpm-structure", String.valueOf(e.getMessage()))))));
        }

        // 3. What the operator admitted it for
        Optional<TpmAdmission> admission =
                admissions.findById(challenge.admission()).filter(found -> found.withdrawnAt() == null);
        if (admission.isEmpty()) {
            return new Examination.Refused(new Enrolment.NoLongerAdmitted());
        }
        return new Examination.Proven(new Grant(
                challenge.cluster(),
                "tpm:" + challenge.cluster() + ":" + machine,
                "TPM sha256:" + machine + " by admission " + challenge.admission(),
                "the TPM's admission",
                admission.get().nodeNamePattern(),
                admission.get().roles(),
                new MachineUse(
                        machines,
                        new Machines.Machine(challenge.cluster(), "tpm", challenge.endorsementKey()),
                        ChallengeTpm.sha256(proof.challenge().getBytes(StandardCharsets.UTF_8)),
                        challenge.expiresAt(),
                        () -> admissions.keep(challenge.admission()).isPresent())));
    }

    private Examination notProven(Challenge challenge, String machine, String why) {
        refusals.tell(challenge.cluster(), "", "TPM sha256:" + machine + ": " + why);
        return new Examination.Refused(new Enrolment.NotProven(why));
    }
}
