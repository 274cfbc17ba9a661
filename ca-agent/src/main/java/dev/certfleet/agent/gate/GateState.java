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
 * @param list what kube-apiserver refuses without the gate
 * @param proofsPending revocations whose refusal by kube-apiserver was not proved to the server yet
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
        long denied,
        ListKeeper.State list,
        int proofsPending,
        Audit audit) {
    /**
     * kube-apiserver's audit log.
     *
     * @param problem why it cannot be read; empty where it can
     * @param standsStill requests come that it does not tell of
     */
    public record Audit(
            String problem, boolean standsStill, @Nullable Instant lastEvent, long events) {}

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
        if (!list.problem().isEmpty()) {
            return list.problem();
        }
        if (list.leftOut() > 0) {
            return list.leftOut()
                    + " revoked certificates find no room in kube-apiserver's list; the gate alone refuses them";
        }
        if (!audit.problem().isEmpty()) {
            return audit.problem() + ": a stolen CA key would not be noticed";
        }
        if (audit.standsStill()) {
            return "requests come that the audit log does not tell of: a stolen CA key would not be noticed";
        }
        return "";
    }

    /** One line for {@code status} and the node's report. */
    public String summary() {
        String trouble = trouble();
        return (trouble.isEmpty() ? "ready" : "attention: " + trouble) + "; " + certificates + " certificates, "
                + revoked
                + " revoked (" + list.listed() + " in kube-apiserver's list), " + unchecked + " unchecked, " + stale
                + " stale, feed at " + feedSequence + ", "
                + decisions
                + " decisions, " + denied + " denied, " + proofsPending + " proofs outstanding";
    }
}
