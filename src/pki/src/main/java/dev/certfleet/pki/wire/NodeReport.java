package dev.certfleet.pki.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/agent/reports}: what a node says of itself.
 *
 * @param agentVersion the agent's version
 * @param at the node's clock, RFC 3339
 * @param certificates the state of each certificate
 * @param gate the revocation gate's state; null on nodes without one
 * @param bundles the CA bundles that the node publishes, and whether its components use them; empty from an older agent
 */
public record NodeReport(
        String agentVersion,
        String at,
        List<HeldCertificate> certificates,
        @Nullable String gate,
        List<LoadedBundle> bundles) {
    /** An absent list reads as empty. */
    @SuppressWarnings({"ConstantValue", "NullAway"})
    public NodeReport {
        bundles = bundles == null ? List.of() : bundles;
    }
}
