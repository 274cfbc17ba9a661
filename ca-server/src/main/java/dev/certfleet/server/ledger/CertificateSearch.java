package dev.certfleet.server.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates to list; every part that is null does not narrow. Canaries, which are issued revoked, are listed only by
 * their profile or serial.
 *
 * @param cluster the cluster's name
 * @param node the holding node's name
 * @param operator the holding operator's name
 * @param profile the profile's label
 * @param serial lowercase hexadecimal
 * @param status {@code good}, {@code revoked}, {@code held} or {@code expired}
 * @param expiresBefore only certificates that end before
 */
public record CertificateSearch(
        @Nullable String cluster,
        @Nullable String node,
        @Nullable String operator,
        @Nullable String profile,
        @Nullable String serial,
        @Nullable String status,
        @Nullable Instant expiresBefore) {}
