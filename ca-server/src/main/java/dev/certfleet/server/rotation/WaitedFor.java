package dev.certfleet.server.rotation;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A node that has yet to load a bundle.
 *
 * @param bundle the bundle's name
 * @param why what is known of it, in words
 * @param lastSeenAt when it last reported; null where it never did
 */
public record WaitedFor(
        String cluster,
        String node,
        String bundle,
        String why,
        @Nullable Instant lastSeenAt) {}
