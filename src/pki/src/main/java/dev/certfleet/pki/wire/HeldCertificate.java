package dev.certfleet.pki.wire;

import org.jspecify.annotations.Nullable;

/**
 * @param profile the profile's label
 * @param state the name of the agent's state for it
 * @param id the published certificate's fingerprint; null where none is published yet
 * @param notAfter RFC 3339; null where none is published yet
 * @param problem what keeps it from going on; null where nothing does
 * @param proof how a component was seen to use it: {@code served} by the component that presents it, {@code authenticated} by
 *     one that let its bearer in, {@code next-connection} the same where the bearer may keep an older connection; null where
 *     it was not seen yet
 */
public record HeldCertificate(
        String profile,
        String state,
        @Nullable String id,
        @Nullable String notAfter,
        @Nullable String problem,
        @Nullable String proof) {}
