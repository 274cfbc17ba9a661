package dev.certfleet.agent;

import dev.certfleet.agent.identity.Identity;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Compares this node's clock with what the server says and said, and says which of the two is wrong where that can be told. */
final class ClockWatch {
    static final Duration TOLERATED = Duration.ofSeconds(60);

    private @Nullable Instant newest;
    private @Nullable Duration skew;
    private @Nullable String serverWentBack;

    /** @param newest the newest time that a server ever told this node; null where none did */
    ClockWatch(@Nullable Instant newest) {
        this.newest = newest;
    }

    /** What the server says the time is. */
    void told(Instant serverTime, Instant now) {
        skew = Duration.between(serverTime, now);
        Instant before = newest;
        if (before != null && serverTime.isBefore(before.minus(TOLERATED))) {
            serverWentBack = "the server's clock went back: it says " + seconds(serverTime) + ", and had said "
                    + seconds(before) + "; set the server's clock right";
            return;
        }
        serverWentBack = null;
        newest = serverTime;
    }

    /** This node's clock minus the server's; empty where no server answered yet. */
    Optional<Duration> skew() {
        return Optional.ofNullable(skew);
    }

    /** What is wrong, for people. */
    List<String> problems(Instant now, @Nullable Identity identity) {
        List<String> problems = new ArrayList<>();
        String back = serverWentBack;
        Duration difference = skew;
        if (back != null) {
            problems.add(back);
        } else if (difference != null && difference.abs().compareTo(TOLERATED) > 0) {
            problems.add("this node's clock is " + difference.abs().toSeconds() + " s "
                    + (difference.isNegative() ? "behind" : "ahead of") + " the server's; set it right");
        } else {
            Instant past = surelyPast(identity);
            if (past != null && now.isBefore(past.minus(TOLERATED))) {
                problems.add("this node's clock says " + seconds(now) + ", and it was " + seconds(past)
                        + " when the server last spoke to this node; set it right");
            }
        }
        return problems;
    }

    private @Nullable Instant surelyPast(@Nullable Identity identity) {
        Instant told = newest;
        if (identity == null) {
            return told;
        }
        Instant begun = identity.credential().certificate().getNotBefore().toInstant();
        return told == null || told.isBefore(begun) ? begun : told;
    }

    private static Instant seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }
}
