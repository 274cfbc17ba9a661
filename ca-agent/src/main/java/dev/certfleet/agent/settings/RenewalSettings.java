package dev.certfleet.agent.settings;

import java.time.Duration;

/**
 * When the agent asks and renews.
 *
 * @param pollInterval how often the assignment is read
 * @param retryInterval the pause after a first failure; it doubles with each further one up to {@code maxRetryInterval}
 * @param keyMaxAge a key that is kept across renewals is replaced at the first boot after it reached this age
 */
public record RenewalSettings(
        Duration pollInterval, Duration retryInterval, Duration maxRetryInterval, Duration keyMaxAge) {
    static RenewalSettings from(Section section) {
        RenewalSettings settings = new RenewalSettings(
                section.duration("pollInterval", Duration.ofSeconds(15)),
                section.duration("retryInterval", Duration.ofSeconds(5)),
                section.duration("maxRetryInterval", Duration.ofMinutes(5)),
                section.duration("keyMaxAge", Duration.ofDays(90)));
        section.end();
        if (settings.pollInterval().compareTo(Duration.ofMillis(100)) < 0) {
            throw Section.wrong(section.name("pollInterval") + " has to be at least 100ms");
        }
        return settings;
    }
}
