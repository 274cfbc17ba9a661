package dev.certfleet.agent.settings;

import dev.certfleet.pki.ProfileName;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Commands to run after a profile's files were published.
 *
 * @param timeout how long one command may take before it is killed
 * @param commands argument vectors by profile
 */
public record HookSettings(Duration timeout, Map<ProfileName, List<List<String>>> commands) {
    static HookSettings from(Section section) {
        Map<ProfileName, List<List<String>>> commands = new EnumMap<>(ProfileName.class);
        for (ProfileName profile : ProfileName.values()) {
            if (section.has(profile.label())) {
                commands.put(profile, section.commands(profile.label()));
            }
        }
        HookSettings settings = new HookSettings(section.duration("timeout", Duration.ofSeconds(30)), commands);
        section.end();
        return settings;
    }

    public List<List<String>> of(ProfileName profile) {
        return commands.getOrDefault(profile, List.of());
    }
}
