package dev.certfleet.pki.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of certificates that were to be put on record.
 *
 * @param items in the order of the request
 */
public record AdoptionResult(List<Item> items) {
    /**
     * What became of one certificate.
     *
     * @param id its SHA-256 fingerprint
     * @param outcome {@code recorded}, {@code known} (it was on record), or why it is not: {@code malformed}, {@code not-a-leaf},
     *     {@code unknown-issuer}, {@code ended}, {@code unusable-serial}, {@code serial-collision}
     * @param authority the authority that issued it; null where none of the cluster's did
     * @param profile what it is on record as; null unless it is
     * @param node whose it is on record as; null where it is nobody's
     * @param subject RFC 4514; empty where it cannot be read
     * @param remarks what to know of it: {@code system-masters}, {@code blocked-key}, {@code no-status}, {@code other-profile}
     * @param detail why it is not on record; null where it is
     */
    public record Item(
            String id,
            String outcome,
            @Nullable String authority,
            @Nullable String profile,
            @Nullable String node,
            String subject,
            List<String> remarks,
            @Nullable String detail) {}
}
