package dev.certfleet.server.rotation;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A certificate of another generation that is, or may be, in use.
 *
 * @param certificate its fingerprint
 * @param cluster null where it belongs to none
 * @param node the node that holds it; null where none does
 * @param holdsUp whether the rotation waits for it
 */
public record Remaining(
        String certificate,
        String serial,
        String authority,
        String profile,
        @Nullable String cluster,
        @Nullable String node,
        String subject,
        Instant notAfter,
        boolean holdsUp) {}
