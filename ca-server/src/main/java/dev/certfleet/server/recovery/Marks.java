package dev.certfleet.server.recovery;

import dev.certfleet.server.installation.SealingKey;
import dev.certfleet.server.ledger.Feed;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.springframework.stereotype.Component;

/**
 * How far a feed had come when it was read, under a MAC of a key that no database holds: a server that lost its memory
 * believes what it said before, and nobody else can say it.
 */
@Component
class Marks {
    private static final Pattern FORM = Pattern.compile("v1\\.([A-Za-z0-9_-]{1,512})\\.([A-Za-z0-9_-]{43})");
    private static final int PARTS = 3;

    private final SecretKey key;

    Marks(SealingKey sealingKey) {
        this.key = sealingKey.derive("certfleet feed mark v1");
    }

    /**
     * @param cluster whose feed
     * @param head how far it had come
     */
    record Mark(String cluster, Feed.Head head) {}

    String write(Mark mark) {
        byte[] contents = (mark.cluster() + "\n" + mark.head().epoch() + "\n"
                        + mark.head().sequence())
                .getBytes(StandardCharsets.UTF_8);
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        return "v1." + base64.encodeToString(contents) + "." + base64.encodeToString(mac(contents));
    }

    /** Empty where it is none of this installation's. */
    Optional<Mark> read(String text) {
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
            Mark mark =
                    new Mark(parts[0], new Feed.Head(UUID.fromString(parts[1]).toString(), Long.parseLong(parts[2])));
            return Optional.of(mark).filter(read -> write(read).equals(text));
        } catch (IllegalArgumentException e) {
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
