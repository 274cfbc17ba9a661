package dev.certfleet.server.enrolment;

import dev.certfleet.server.enrolment.tpm.TpmFormatException;
import dev.certfleet.server.enrolment.tpm.TpmPublicKey;
import dev.certfleet.server.installation.SealingKey;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.springframework.stereotype.Component;

/**
 * What a TPM was asked, carried by the node under a MAC: the server keeps nothing of challenges that nobody answers, and any
 * server of the installation takes the answer. Of the secret it has the digest only.
 */
@Component
class TpmChallenges {
    private static final Pattern FORM = Pattern.compile("v1\\.([A-Za-z0-9_-]{1,2048})\\.([A-Za-z0-9_-]{43})");
    private static final int PARTS = 6;

    private final SecretKey key;

    TpmChallenges(SealingKey sealingKey) {
        this.key = sealingKey.derive("certfleet TPM challenge v1");
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
        byte[] contents = String.join(
                        "\n",
                        challenge.cluster(),
                        challenge.admission().toString(),
                        hex.formatHex(challenge.endorsementKey()),
                        hex.formatHex(challenge.attestationKey().encoded()),
                        hex.formatHex(challenge.secretDigest()),
                        challenge.expiresAt().toString())
                .getBytes(StandardCharsets.UTF_8);
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        return "v1." + base64.encodeToString(contents) + "." + base64.encodeToString(mac(contents));
    }

    /** Empty where it is none of this installation's. */
    Optional<Challenge> read(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            return Optional.empty();
        }
        try {
            byte[] contents = Base64.getUrlDecoder().decode(form.group(1));
            byte[] mac = Base64.getUrlDecoder().decode(form.group(2));
            if (!MessageDigest.isEqual(mac, mac(contents))) {
                return Optional.empty();
            }
            String[] parts = new String(contents, StandardCharsets.UTF_8).split("\n", -1);
            if (parts.length != PARTS) {
                return Optional.empty();
            }
            HexFormat hex = HexFormat.of();
            return Optional.of(new Challenge(
                    parts[0],
                    UUID.fromString(parts[1]),
                    hex.parseHex(parts[2]),
                    TpmPublicKey.read(hex.parseHex(parts[3])),
                    hex.parseHex(parts[4]),
                    Instant.parse(parts[5])));
        } catch (TpmFormatException | RuntimeException e) {
            return Optional.empty();
        }
    }

    private byte[] mac(byte[] contents) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return mac.doFinal(contents);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HmacSHA256 is part of every JDK", e);
        }
    }
}
