package dev.certfleet.server.x509;

import dev.certfleet.pki.ProfileName;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;

/** How long certificates of each profile live: what was set, and the profile's own time where nothing was. */
public final class Lifetimes {
    /** The shortest that can be set. */
    public static final Duration SHORTEST = Duration.ofMinutes(5);

    /** The longest that can be set; browsers take no longer one for a server. */
    public static final Duration LONGEST = Duration.ofDays(397);

    /** The longest that can be set for {@code kubernetes-super-admin}. */
    public static final Duration LONGEST_BREAK_GLASS = Duration.ofDays(1);

    static final Lifetimes DEFAULT = new Lifetimes(Map.of());

    private final Map<ProfileName, Duration> set;

    private Lifetimes(Map<ProfileName, Duration> set) {
        this.set = set;
    }

    /**
     * @param set by the profile's label, with or without its hyphens, which the names of environment variables lack
     * @throws IllegalArgumentException beginning with the profile's label, where there is no such profile or it cannot be that
     */
    public static Lifetimes of(Map<String, Duration> set) {
        Map<ProfileName, Duration> lifetimes = new EnumMap<>(ProfileName.class);
        set.forEach((label, lifetime) -> {
            ProfileName profile = Arrays.stream(ProfileName.values())
                    .filter(known -> bare(known.label()).equals(bare(label)))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(label + " is no profile; there are "
                            + Arrays.stream(ProfileName.values())
                                    .map(ProfileName::label)
                                    .collect(Collectors.joining(", "))));
            Duration longest = profile == ProfileName.KUBERNETES_SUPER_ADMIN ? LONGEST_BREAK_GLASS : LONGEST;
            if (lifetime.compareTo(SHORTEST) < 0 || lifetime.compareTo(longest) > 0) {
                throw new IllegalArgumentException(profile.label() + ".lifetime is '" + lifetime
                        + "'; it takes a duration from " + SHORTEST + " to P" + longest.toDays() + "D");
            }
            lifetimes.put(profile, lifetime);
        });
        return new Lifetimes(lifetimes);
    }

    /** The longest life of a certificate of this profile, which is also what a request gets that asks for none. */
    public Duration of(ProfileName profile) {
        return set.getOrDefault(profile, ProfileTable.of(profile).lifetime());
    }

    private static String bare(String label) {
        return label.replace("-", "");
    }
}
