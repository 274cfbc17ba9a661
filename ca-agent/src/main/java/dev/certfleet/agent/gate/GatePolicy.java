package dev.certfleet.agent.gate;

/**
 * What to answer where the gate cannot know. {@link Verdict#ALLOW} is no opinion: RBAC decides as if there were no gate.
 *
 * @param freshStart the feed was never read to its end, and this certificate could not be asked about in time
 * @param unreachable the certificate is known, but no signed answer is young enough
 * @param unconfirmed the certificate is not known, and the CA has not yet said whether it is one of its own
 * @param neverIssued the CA said that it never issued the certificate
 */
public record GatePolicy(Verdict freshStart, Verdict unreachable, Verdict unconfirmed, Verdict neverIssued) {
    /** What the answer is. */
    public enum Verdict {
        ALLOW,
        DENY
    }

    /**
     * A CA that is away does not stop a cluster: its certificates live on, and so does what was known to be revoked. Only what
     * the CA disowns is refused.
     */
    public static final GatePolicy DEFAULT = new GatePolicy(Verdict.ALLOW, Verdict.ALLOW, Verdict.ALLOW, Verdict.DENY);
}
