package dev.certfleet.agent.certificate;

import dev.certfleet.agent.settings.HookSettings;
import dev.certfleet.agent.settings.RenewalSettings;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HexFormat;

/** What all certificates' keepers share. */
public record KeeperTools(Clock clock, SecureRandom random, RenewalSettings renewal, HookSettings hookSettings) {

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
