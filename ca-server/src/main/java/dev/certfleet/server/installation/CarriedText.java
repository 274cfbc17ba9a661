package dev.certfleet.server.installation;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * What an installation gives others to carry for it, under a MAC (HMAC-SHA-256, RFC 2104) of a key that every server of it
 * derives and no database holds: whoever of them gets it back believes it, and nobody else can have written it. Anybody can
 * read it. Its form is {@code v1.TEXT.MAC}, both in base64url without padding (RFC 4648 section 5).
 */
public final class CarriedText {
    private static final String VERSION = "v1.";

    private final SecretKey key;
    private final Pattern form;

    /**
     * @param use tells this kind of text from all others
     * @param longest how many characters of base64url are looked at
     */
    public CarriedText(SealingKey key, String use, int longest) {
        this.key = key.derive(use);
        this.form = Pattern.compile("v1\\.([A-Za-z0-9_-]{1," + longest + "})\\.([A-Za-z0-9_-]{43})");
    }

    /** @param parts without line breaks */
    public String write(List<String> parts) {
        byte[] contents = contents(parts);
        return VERSION + base64(contents) + "." + base64(mac(contents));
    }

    /** The parts, as many as said; empty where this installation did not write it. */
    public Optional<List<String>> read(String carried, int parts) {
        Matcher matcher = form.matcher(carried);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            byte[] contents = Base64.getUrlDecoder().decode(matcher.group(1));
            byte[] mac = mac(contents);
            // By the text: the last character of base64 can be another one for the same octets.
            if (!isSame(base64(mac), matcher.group(2)) || !base64(contents).equals(matcher.group(1))) {
                return Optional.empty();
            }
            List<String> read = List.of(new String(contents, StandardCharsets.UTF_8).split("\n", -1));
            return Optional.of(read).filter(list -> list.size() == parts && Arrays.equals(contents(list), contents));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static byte[] contents(List<String> parts) {
        return String.join("\n", parts).getBytes(StandardCharsets.UTF_8);
    }

    private static String base64(byte[] octets) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
    }

    private static boolean isSame(String mac, String other) {
        return MessageDigest.isEqual(
                mac.getBytes(StandardCharsets.US_ASCII), other.getBytes(StandardCharsets.US_ASCII));
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
