package dev.certfleet.server.adoption;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a certificate that was found.
 *
 * @param id its SHA-256 fingerprint
 * @param outcome what was done, or would be
 * @param authority the authority that issued it; null where none of the cluster's did
 * @param profile what it is on record as; null unless it is
 * @param node whose it is on record as
 * @param subject RFC 4514; empty where it cannot be read
 * @param remarks what to know of it: {@value #SYSTEM_MASTERS}, {@value #BLOCKED_KEY}, {@value #NO_STATUS}, {@value #OTHER_PROFILE}
 * @param detail why it is not on record; null where it is
 */
public record Adopted(
        String id,
        Outcome outcome,
        @Nullable String authority,
        @Nullable String profile,
        @Nullable String node,
        String subject,
        List<String> remarks,
        @Nullable String detail) {

    /** kube-apiserver lets it do everything, before it asks anybody: no revocation reaches it but its authority's withdrawal. */
    public static final String SYSTEM_MASTERS = "system-masters";

    /** Its key is known to be compromised, or was a quarantined node's: revoke it. */
    public static final String BLOCKED_KEY = "blocked-key";

    /** The key of its authority is not here: neither OCSP nor a CRL of its own can tell of it. */
    public static final String NO_STATUS = "no-status";

    /** It is not what it is said to be used as, and is on record without a profile. */
    public static final String OTHER_PROFILE = "other-profile";

    /** What was done. */
    public enum Outcome {
        RECORDED("recorded"),
        KNOWN("known"),
        MALFORMED("malformed"),
        NOT_A_LEAF("not-a-leaf"),
        UNKNOWN_ISSUER("unknown-issuer"),
        ENDED("ended"),
        UNUSABLE_SERIAL("unusable-serial"),
        SERIAL_COLLISION("serial-collision");

        private final String label;

        Outcome(String label) {
            this.label = label;
        }

        /** The name on the API. */
        public String label() {
            return label;
        }
    }
}
