package dev.certfleet.server.enrolment;

import dev.certfleet.server.enrolment.tpm.TpmFormatException;
import dev.certfleet.server.enrolment.tpm.TpmPublicKey;
import dev.certfleet.server.installation.CarriedText;
import dev.certfleet.server.installation.SealingKey;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.stereotype.Component;

/**
 * What a TPM was asked, carried by the node under a MAC: the server keeps nothing of challenges that nobody answers, and any
 * server of the installation takes the answer. Of the secret it has the digest only.
 */
@Component
class TpmChallenges {
    private static final int LONGEST = 2048;
    private static final int PARTS = 6;

    private final CarriedText carried;

    TpmChallenges(SealingKey sealingKey) {
        this.carried = new CarriedText(sealingKey, "certfleet TPM challenge v1", LONGEST);
    }

    /**
     * @param admission what lets the machine in
     * @param endorsementKey its fingerprint
     * @param secretDigest SHA-256 of the secret
     */
    record Challenge(
            String cluster,
            UUID admission,
            byte[] endorsementKey,
            TpmPublicKey attestationKey,
            byte[] secretDigest,
            Instant expiresAt) {}

    String write(Challenge challenge) {
        HexFormat hex = HexFormat.of();
        return carried.write(List.of(
                challenge.cluster(),
                challenge.admission().toString(),
                hex.formatHex(challenge.endorsementKey()),
                hex.formatHex(challenge.attestationKey().encoded()),
                hex.formatHex(challenge.secretDigest()),
                challenge.expiresAt().toString()));
    }

    /** Empty where it is none of this installation's. */
    Optional<Challenge> read(String text) {
        return carried.read(text, PARTS).flatMap(TpmChallenges::challenge);
    }

    private static Optional<Challenge> challenge(List<String> parts) {
        HexFormat hex = HexFormat.of();
        try {
            return Optional.of(new Challenge(
                    parts.get(0),
                    UUID.fromString(parts.get(1)),
                    hex.parseHex(parts.get(2)),
                    TpmPublicKey.read(hex.parseHex(parts.get(3))),
                    hex.parseHex(parts.get(4)),
                    Instant.parse(parts.get(5))));
        } catch (TpmFormatException | RuntimeException e) {
            return Optional.empty();
        }
    }
}
