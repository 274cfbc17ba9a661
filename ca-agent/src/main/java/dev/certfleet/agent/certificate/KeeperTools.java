package dev.certfleet.agent.certificate;

import dev.certfleet.agent.component.Prover;
import dev.certfleet.agent.settings.ComponentSettings;
import dev.certfleet.agent.settings.HookSettings;
import dev.certfleet.agent.settings.RenewalSettings;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.ProfileName;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;

/** What all certificates' keepers share. */
public record KeeperTools(
        Clock clock,
        SecureRandom random,
        RenewalSettings renewal,
        HookSettings hookSettings,
        ComponentSettings components) {
    private static final Duration LEAST_PAUSE_AFTER_ROLLBACK = Duration.ofSeconds(150);
    private static final Duration LONGEST_PAUSE_AFTER_ROLLBACK = Duration.ofHours(6);

    public static KeeperTools of(Settings settings, Clock clock, SecureRandom random) {
        return new KeeperTools(clock, random, settings.renewal(), settings.hooks(), settings.components());
    }

    /** True where a component can be asked whether it uses a pair of this profile. */
    boolean proves(ProfileName profile) {
        return Prover.witness(profile).filter(components::looksAt).isPresent();
    }

    /** No pause is longer. */
    Duration longestPause() {
        return renewal.maxRetryInterval().compareTo(LONGEST_PAUSE_AFTER_ROLLBACK) > 0
                ? renewal.maxRetryInterval()
                : LONGEST_PAUSE_AFTER_ROLLBACK;
    }

    /** Each attempt after a rollback costs a certificate, and a component that refused one may refuse the next. */
    Instant afterRollback(int rollbacks) {
        return new Backoff(
                        LEAST_PAUSE_AFTER_ROLLBACK,
                        LONGEST_PAUSE_AFTER_ROLLBACK.minus(LEAST_PAUSE_AFTER_ROLLBACK),
                        random)
                .after(clock.instant(), rollbacks, LEAST_PAUSE_AFTER_ROLLBACK);
    }

    Backoff backoff() {
        return new Backoff(renewal.retryInterval(), renewal.maxRetryInterval(), random);
    }

    Hooks hooks() {
        return new Hooks(hookSettings.timeout());
    }

    /** A new Idempotency-Key: 128 random bits. */
    public String requestId() {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
