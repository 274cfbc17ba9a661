package dev.certfleet.agent.gate;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The gate at one moment, for {@code ca-agent status}, metrics and the node's report.
 *
 * @param freshStart the feed was never read to its end
 * @param unconfirmedRevoked refused on the word of the feed, no signed answer yet
 * @param stale certificates whose last signed answer is older than {@code staleAfter}
 * @param pending credential ids that the CA could not yet be asked about
 */
public record GateState(
        Instant at,
        boolean freshStart,
        int certificates,
        int revoked,
        int unconfirmedRevoked,
        int unchecked,
        int stale,
        int disowned,
        int neverIssued,
        int pending,
        long feedSequence,
        @Nullable Instant lastFeed,
        @Nullable Instant lastOcsp,
        @Nullable Instant servingUntil,
        long decisions,
        long denied) {
    private static final Duration FEED_LATE = Duration.ofMinutes(2);

    /** What an administrator should look at first; empty where all is well. */
    public String trouble() {
        if (freshStart) {
            return "the feed was not read to its end yet";
        }
        if (lastFeed == null || lastFeed.isBefore(at.minus(FEED_LATE))) {
            return "the feed has not answered since " + (lastFeed == null ? "the start" : lastFeed);
        }
        if (neverIssued > 0) {
            return neverIssued + " credentials were shown that the CA never issued";
        }
        if (stale > 0) {
            return stale + " certificates have no signed answer that is young enough";
        }
        return "";
    }

    /** One line for {@code status} and the node's report. */
    public String summary() {
        String trouble = trouble();
        return (trouble.isEmpty() ? "ready" : "attention: " + trouble) + "; " + certificates + " certificates, "
                + revoked
                + " revoked, " + unchecked + " unchecked, " + stale + " stale, feed at " + feedSequence + ", "
                + decisions
                + " decisions, " + denied + " denied";
    }
}
