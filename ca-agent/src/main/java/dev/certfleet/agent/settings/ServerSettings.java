package dev.certfleet.agent.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where the certfleet server is, and how it is known the first time.
 *
 * @param addresses base URLs, tried in order
 * @param caFingerprint SHA-256 of the installation authority's certificate, 64 lowercase hexadecimal digits; needed to enrol
 * @param connectTimeout for a TCP connection and its TLS handshake
 * @param requestTimeout for the answer to a request
 */
public record ServerSettings(
        List<URI> addresses, Optional<String> caFingerprint, Duration connectTimeout, Duration requestTimeout) {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    static ServerSettings from(Section section) {
        ServerSettings settings = new ServerSettings(
                section.texts("addresses").stream()
                        .map(address -> address(section.name("addresses"), address))
                        .toList(),
                section.text("caFingerprint").map(text -> fingerprint(section.name("caFingerprint"), text)),
                section.duration("connectTimeout", Duration.ofSeconds(5)),
                section.duration("requestTimeout", Duration.ofSeconds(15)));
        section.end();
        return settings;
    }

    /** A fingerprint as people write it: {@code sha256:} and 64 hexadecimal digits, with or without colons. */
    public static String fingerprint(String name, String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        String digits = (lower.startsWith("sha256:") ? lower.substring("sha256:".length()) : lower).replace(":", "");
        if (!HEX.matcher(digits).matches()) {
            throw Section.wrong(name + " has to be sha256: and 64 hexadecimal digits, not '" + text + "'");
        }
        return digits;
    }

    private static URI address(String name, String text) {
        try {
            URI uri = new URI(text);
            String path = uri.getPath();
            boolean plain = (path == null || path.isEmpty() || path.equals("/")) && uri.getQuery() == null;
            if (!"https".equals(uri.getScheme()) || uri.getHost() == null || uri.getUserInfo() != null || !plain) {
                throw Section.wrong(name + ": '" + text + "' is not like https://ca.example.org:8443");
            }
            return new URI("https", null, uri.getHost(), uri.getPort(), null, null, null);
        } catch (URISyntaxException e) {
            throw new dev.certfleet.agent.Trouble(
                    dev.certfleet.agent.ExitCode.SETTINGS,
                    name + ": '" + text + "' is not like https://ca.example.org:8443",
                    e);
        }
    }
}
