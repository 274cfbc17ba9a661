package dev.certfleet.server.receipt;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a revocation is enforced.
 *
 * @param state where it stands
 * @param calledAt when the server was asked for the revocation, by its own clock
 * @param enforcedAt when the last expected proof arrived; null until then
 * @param doors what it has to be proved by, as fixed when it was made
 * @param note what the doors cannot tell; null where there is nothing to say
 */
public record Receipt(
        State state,
        Instant calledAt,
        @Nullable Instant enforcedAt,
        List<Door> doors,
        @Nullable String note) {

    /** Where a receipt stands. */
    public enum State {
        PENDING("pending"),
        ENFORCED("enforced"),
        /** The hold was taken back, or a revocation for good took its place. */
        ENDED("ended");

        private final String label;

        State(String label) {
            this.label = label;
        }

        /** Its name on the API. */
        public String label() {
            return label;
        }
    }

    /**
     * One door.
     *
     * @param kind {@code kube-apiserver}, {@code etcd} or {@code replica}
     * @param name the node's or the server's
     * @param state {@code pending}; {@code proved}; {@code silent}: a node that had not been heard of for a day, which is
     *     not waited for; {@code gone}: it left before it proved
     * @param provedAt when its proof arrived, by the server's clock
     * @param evidence what was seen
     */
    public record Door(
            String kind,
            String name,
            String state,
            @Nullable Instant provedAt,
            @Nullable String evidence) {
        /** Whether the receipt waits, or waited, for it. */
        public boolean expected() {
            return state.equals("pending") || state.equals("proved");
        }
    }
}
