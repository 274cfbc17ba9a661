package dev.certfleet.pki.wire;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/agent/reports}: what a node says of itself.
 *
 * @param agentVersion the agent's version
 * @param at the node's clock, RFC 3339
 * @param certificates the state of each certificate
 * @param gate the revocation gate's state; null on nodes without one
 * @param bundles the CA bundles it publishes, and whether its components use them; left out by an agent that is older, it
 *     reads as empty
 */
public record NodeReport(
        String agentVersion,
        String at,
        List<HeldCertificate> certificates,
        @Nullable String gate,
        @Nullable List<LoadedBundle> bundles) {

    public NodeReport {
        bundles = bundles == null ? List.of() : bundles;
    }

    /** Never null. */
    @Override
    public List<LoadedBundle> bundles() {
        return Objects.requireNonNull(bundles);
    }
}
