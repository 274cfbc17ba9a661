package dev.certfleet.server;

import dev.certfleet.pki.AllowedHere;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The real time, moved by what a test says: what it makes is valid for programs outside too, until the test moves it. */
public final class AdjustableClock extends Clock {
    private final Clock real = real();
    private volatile Duration moved = Duration.ZERO;

    @AllowedHere("the tests' one real clock")
    private static Clock real() {
        return Clock.systemUTC();
    }

    public void advance(Duration by) {
        moved = moved.plus(by);
    }

    @Override
    public Instant instant() {
        return real.instant().plus(moved);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
