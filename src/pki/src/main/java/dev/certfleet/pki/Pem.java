package dev.certfleet.pki;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Textual encodings of PKIX structures (RFC 7468). Text around the blocks is passed over, as OpenSSL and Kubernetes do;
 * a block that is begun has to be whole and without headers.
 *
 * @param label what the block holds, for example {@link #CERTIFICATE}
 * @param contents the DER encoding
 */
public record Pem(String label, byte[] contents) {
    public static final String CERTIFICATE = "CERTIFICATE";
    public static final String CERTIFICATE_REQUEST = "CERTIFICATE REQUEST";
    public static final String PRIVATE_KEY = "PRIVATE KEY";
    public static final String PUBLIC_KEY = "PUBLIC KEY";

    /** The longest text that is read. */
    public static final int MAX_LENGTH = 4 << 20;

    private static final Pattern BEGIN = Pattern.compile("^-----BEGIN ([A-Z0-9 ]{1,64})-----[ \t]*$");
    private static final Base64.Encoder ENCODER = Base64.getMimeEncoder(64, new byte[] {'\n'});

    /**
     * All blocks of a text, in order.
     *
     * @throws IllegalArgumentException where a block is not whole or the text is longer than {@value #MAX_LENGTH}
     */
    public static List<Pem> decode(String text) {
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("PEM of more than " + MAX_LENGTH + " characters");
        }
        List<Pem> blocks = new ArrayList<>();
        StringBuilder base64 = new StringBuilder();
        String label = "";
        String end = "";
        for (String line : (Iterable<String>) text.lines()::iterator) {
            if (!label.isEmpty() && line.stripTrailing().equals(end)) {
                blocks.add(new Pem(label, decodeBase64(label, base64.toString())));
                label = "";
            } else if (!label.isEmpty()) {
                base64.append(line.strip());
            } else if (line.startsWith("-----BEGIN ")) {
                // Only then: a text may have a million other lines, and each would cost a matcher.
                Matcher begin = BEGIN.matcher(line);
                if (begin.matches()) {
                    label = begin.group(1);
                    end = "-----END " + label + "-----";
                    base64.setLength(0);
                }
            }
        }
        if (!label.isEmpty()) {
            throw new IllegalArgumentException("PEM block '" + label + "' has no end");
        }
        return List.copyOf(blocks);
    }

    /**
     * The contents of the blocks of one kind, in order; others are passed over.
     *
     * @throws IllegalArgumentException where a block is not whole, or there is none of this kind
     */
    public static List<byte[]> decode(String text, String label) {
        List<byte[]> found = decode(text).stream()
                .filter(block -> block.label().equals(label))
                .map(Pem::contents)
                .toList();
        if (found.isEmpty()) {
            throw new IllegalArgumentException("no PEM block '" + label + "'");
        }
        return found;
    }

    /** One block, its last line ended. */
    public static String encode(String label, byte[] contents) {
        return "-----BEGIN " + label + "-----\n" + new String(ENCODER.encode(contents), StandardCharsets.US_ASCII)
                + "\n-----END " + label + "-----\n";
    }

    private static byte[] decodeBase64(String label, String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("PEM block '" + label + "' is not base64: " + e.getMessage(), e);
        }
    }
}
