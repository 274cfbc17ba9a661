package dev.certfleet.server.installation;

import dev.certfleet.pki.ProfileName;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;

/** Refuses to start with a setting nobody reads: a misspelt one would otherwise be silently without effect. */
final class KnownSettings {
    private static final String PREFIX = "certfleet.";
    private static final List<String> FIXED = List.of(
            "certfleet.data",
            "certfleet.database.url",
            "certfleet.database.username",
            "certfleet.database.password-file",
            "certfleet.sealing-key-file",
            "certfleet.names",
            "certfleet.status-url",
            "certfleet.api",
            "certfleet.status",
            "certfleet.management",
            "certfleet.ocsp.window",
            "certfleet.enrolment.maximum-absence");

    private static final List<String> KEYS = Stream.concat(
                    FIXED.stream(),
                    Arrays.stream(ProfileName.values())
                            .map(profile -> "certfleet.profiles." + profile.label() + ".lifetime"))
            .toList();

    /** Read by the agent, the build and the tests, in what may be the same environment. */
    private static final Set<String> NOT_THE_SERVERS =
            Set.of("certfleet.enrolment.token", "certfleet.cache", "certfleet.postgres.image");

    private KnownSettings() {}

    static void check(ConfigurableEnvironment environment) {
        String unknown = environment.getPropertySources().stream()
                .filter(source -> source instanceof EnumerablePropertySource<?>)
                .flatMap(source -> Arrays.stream(((EnumerablePropertySource<?>) source).getPropertyNames()))
                .flatMap(KnownSettings::unknown)
                .distinct()
                .sorted()
                .collect(Collectors.joining("; "));
        if (!unknown.isEmpty()) {
            throw new CannotStart(unknown);
        }
    }

    private static Stream<String> unknown(String name) {
        boolean fromEnvironment = name.startsWith("CERTFLEET_");
        String key = fromEnvironment ? name.toLowerCase(Locale.ROOT).replace('_', '.') : name;
        if (!key.startsWith(PREFIX) || NOT_THE_SERVERS.contains(key)) {
            return Stream.of();
        }
        String wanted = bare(key);
        boolean known = KEYS.stream().anyMatch(candidate -> bare(candidate).equals(wanted));
        return known
                ? Stream.of()
                : Stream.of("there is no setting '" + name + "'; did you mean '"
                        + asWritten(nearest(wanted), fromEnvironment) + "'?");
    }

    private static String bare(String key) {
        return key.toLowerCase(Locale.ROOT).replaceAll("\\[\\d+]", "").replaceAll("[^a-z]", "");
    }

    private static String asWritten(String key, boolean fromEnvironment) {
        return fromEnvironment ? key.replace('.', '_').replace("-", "").toUpperCase(Locale.ROOT) : key;
    }

    private static String nearest(String wanted) {
        return KEYS.stream()
                .min(Comparator.comparingInt(candidate -> distance(bare(candidate), wanted)))
                .orElseThrow();
    }

    /** Levenshtein distance. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                current[j] = Math.min(Math.min(current[j - 1], previous[j]) + 1, previous[j - 1] + change);
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
