package dev.certfleet.pki.wire;

import org.jspecify.annotations.Nullable;

/**
 * @param profile the profile's label
 * @param state the name of the agent's state for it
 * @param id the published certificate's fingerprint; null where none is published yet
 * @param notAfter RFC 3339; null where none is published yet
 * @param problem what keeps it from going on; null where nothing does
 * @param proof how it was seen in use: {@code served}, {@code authenticated}, {@code next-connection} (authenticated, but a
 *     component may keep an old connection); null where not proven, or not yet
 */
public record HeldCertificate(
        String profile,
        String state,
        @Nullable String id,
        @Nullable String notAfter,
        @Nullable String problem,
        @Nullable String proof) {}
