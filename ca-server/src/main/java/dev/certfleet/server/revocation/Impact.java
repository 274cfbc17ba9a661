package dev.certfleet.server.revocation;

import org.jspecify.annotations.Nullable;

/**
 * Something that would break.
 *
 * @param severity how much it matters
 * @param cluster where; null for the installation
 * @param node which node; null where it concerns the whole cluster
 * @param component whose certificate it is: a profile's label; null where it is no certificate's
 * @param effect in plain words
 */
public record Impact(
        Severity severity,
        @Nullable String cluster,
        @Nullable String node,
        @Nullable String component,
        String effect) {

    /** How much it matters. */
    public enum Severity {
        /** A cluster or the installation stops, or the caller is cut off. */
        OUTAGE("outage"),
        /** A component stops doing its work. */
        DEGRADED("degraded"),
        /** Good to know. */
        NOTICE("notice");

        private final String label;

        Severity(String label) {
            this.label = label;
        }

        /** The name on the API. */
        public String label() {
            return label;
        }
    }
}
