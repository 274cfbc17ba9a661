package dev.certfleet.server.enrolment;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.wire.TpmChallenge;
import dev.certfleet.pki.wire.TpmChallengeRequest;
import dev.certfleet.server.enrolment.tpm.MadeCredential;
import dev.certfleet.server.enrolment.tpm.TpmFormatException;
import dev.certfleet.server.enrolment.tpm.TpmPublicKey;
import dev.certfleet.server.x509.Violation;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Asks a machine whose TPM is admitted to prove that it has that TPM (part 1, section 24: credential activation). */
@Component
public class ChallengeTpm {
    /** How long a challenge can be answered. */
    public static final Duration LIFETIME = Duration.ofMinutes(5);

    private static final Logger LOG = LoggerFactory.getLogger(ChallengeTpm.class);
    private static final int LONGEST_CERTIFICATE = 16 * 1024;

    private final TpmAdmissions admissions;
    private final TpmChallenges challenges;
    private final SecureRandom random;
    private final Clock clock;

    ChallengeTpm(TpmAdmissions admissions, TpmChallenges challenges, SecureRandom random, Clock clock) {
        this.admissions = admissions;
        this.challenges = challenges;
        this.random = random;
        this.clock = clock;
    }

    /** What came of asking for a challenge. */
    public sealed interface Outcome {
        record Challenged(TpmChallenge challenge) implements Outcome {}

        record Refused(List<Violation> violations) implements Outcome {}

        /** @param fingerprint of the endorsement key that no admission of the cluster lets in */
        record NotAdmitted(String fingerprint) implements Outcome {}
    }

    public Outcome challenge(TpmChallengeRequest request) {
        // 1. The keys
        TpmPublicKey endorsementKey;
        TpmPublicKey attestationKey;
        Optional<X509Certificate> certificate;
        try {
            endorsementKey = TpmPublicKey.read(decode(request.endorsementKey()));
            attestationKey = TpmPublicKey.read(decode(request.attestationKey()));
            certificate = certificate(request.endorsementCertificate());
        } catch (TpmFormatException | IllegalArgumentException e) {
            return new Outcome.Refused(List.of(new Violation("tpm-structure", String.valueOf(e.getMessage()))));
        }
        if (!endorsementKey.isEndorsementKey()) {
            return new Outcome.Refused(List.of(new Violation(
                    "endorsement-key",
                    "the endorsement key has to be restricted to decryption, fixed to its TPM and made there")));
        }
        if (!attestationKey.isAttestationKey()) {
            return new Outcome.Refused(List.of(new Violation(
                    "attestation-key",
                    "the attestation key has to be restricted to signing, fixed to its TPM and made there")));
        }

        // 2. Whether that TPM is admitted
        Optional<TpmAdmission> admission = admissions.admitting(request.cluster(), endorsementKey, certificate);
        if (admission.isEmpty()) {
            LOG.info("enrolment of a node with a TPM that is not admitted");
            return new Outcome.NotAdmitted("sha256:" + HexFormat.of().formatHex(endorsementKey.fingerprint()));
        }

        // 3. A secret for the TPM that has both keys
        byte[] secret = new byte[MadeCredential.LONGEST_SECRET];
        random.nextBytes(secret);
        MadeCredential made = MadeCredential.of(endorsementKey, attestationKey, secret, random);
        Instant expiresAt = clock.instant().plus(LIFETIME).truncatedTo(ChronoUnit.MILLIS);
        String text = challenges.write(new TpmChallenges.Challenge(
                request.cluster(),
                admission.get().id(),
                endorsementKey.fingerprint(),
                attestationKey,
                sha256(secret),
                expiresAt));
        Arrays.fill(secret, (byte) 0);
        Base64.Encoder base64 = Base64.getEncoder();
        return new Outcome.Challenged(new TpmChallenge(
                text,
                base64.encodeToString(made.credential()),
                base64.encodeToString(made.encryptedSecret()),
                expiresAt.toString()));
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("a TPM structure is given in base64", e);
        }
    }

    private static Optional<X509Certificate> certificate(@Nullable String pem) {
        if (pem == null) {
            return Optional.empty();
        }
        try {
            List<X509Certificate> certificates =
                    pem.length() > LONGEST_CERTIFICATE ? List.of() : Certificates.parse(pem);
            if (certificates.size() == 1) {
                return Optional.of(certificates.getFirst());
            }
        } catch (CertificateException | IllegalArgumentException e) {
            // said below
        }
        throw new IllegalArgumentException("the endorsement certificate is not one certificate in PEM");
    }

    static byte[] sha256(byte[] octets) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(octets);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
