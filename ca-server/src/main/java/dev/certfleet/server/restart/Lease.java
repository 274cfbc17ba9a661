package dev.certfleet.server.restart;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The right of one node to restart one component, as it is on record.
 *
 * @param component the component's label
 * @param reason why the node asked
 * @param endedAt when the node last ended it; null before
 * @param healthy how it ended; null before
 * @param detail what the node saw
 * @param clearedBy who cleared it; null where nobody did
 */
public record Lease(
        UUID id,
        String cluster,
        String node,
        String component,
        String reason,
        Instant grantedAt,
        Instant expiresAt,
        @Nullable Instant endedAt,
        @Nullable Boolean healthy,
        @Nullable String detail,
        @Nullable Instant clearedAt,
        @Nullable String clearedBy) {

    /** What it means for the cluster's next restart. */
    public enum State {
        /** The node may be restarting the component. */
        HELD("held"),
        /** It ran out and nobody said how it went: no restart of the cluster begins. */
        LAPSED("lapsed"),
        /** The component did not come back healthy: no restart of the cluster begins. */
        UNHEALTHY("unhealthy"),
        /** Over, and the component serves. */
        HEALTHY("healthy"),
        /** Over by an operator's word, or because its node left. */
        CLEARED("cleared");

        private final String label;

        State(String label) {
            this.label = label;
        }

        /** The name on the API. */
        public String label() {
            return label;
        }
    }

    public State state(Instant now) {
        if (clearedAt != null) {
            return State.CLEARED;
        }
        if (healthy != null) {
            return healthy ? State.HEALTHY : State.UNHEALTHY;
        }
        return now.isBefore(expiresAt) ? State.HELD : State.LAPSED;
    }
}
