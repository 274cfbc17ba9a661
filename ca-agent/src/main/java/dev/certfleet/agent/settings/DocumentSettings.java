package dev.certfleet.agent.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where the machine's signed identity document is: a URL or a file.
 *
 * @param url http or https; {@link #NONCE} in it stands for a nonce that belongs to the identity key
 * @param headers sent with the request
 */
public record DocumentSettings(Optional<String> url, Map<String, String> headers, Optional<Path> file) {
    /** What stands for the nonce. */
    public static final String NONCE = "{nonce}";

    public DocumentSettings {
        headers = Map.copyOf(headers);
    }

    static DocumentSettings from(Section section) {
        Section given = section.section("headers");
        Map<String, String> headers = new LinkedHashMap<>();
        for (String name : given.keys()) {
            headers.put(header(given, name), given.text(name).orElse(""));
        }
        DocumentSettings settings = new DocumentSettings(
                section.text("url").map(text -> url(section.name("url"), text)),
                headers,
                section.has("file") ? Optional.of(section.path("file", Path.of("/"))) : Optional.empty());
        section.end();
        if (settings.url().isPresent() == settings.file().isPresent()) {
            throw Section.wrong(
                    "either " + section.name("url") + " or " + section.name("file") + " is needed, not both");
        }
        return settings;
    }

    private static String header(Section given, String name) {
        String value = given.text(name).orElse("");
        if (!name.matches("[A-Za-z0-9-]{1,64}") || value.chars().anyMatch(Character::isISOControl)) {
            throw Section.wrong(given.name(name) + " is no HTTP header");
        }
        return name;
    }

    private static String url(String name, String text) {
        try {
            URI uri = new URI(text.replace(NONCE, "nonce"));
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (web && uri.getHost() != null && uri.getUserInfo() == null && uri.getFragment() == null) {
                return text;
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw Section.wrong(name + ": '" + text + "' is not like http://metadata.example.org/identity");
    }
}
