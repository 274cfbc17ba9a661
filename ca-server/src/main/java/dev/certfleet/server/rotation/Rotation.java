package dev.certfleet.server.rotation;

import dev.certfleet.pki.AuthorityKind;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The way from one generation of an authority to the next.
 *
 * @param cluster null for the installation's own authority
 * @param outgoing the authority that issued when it began
 * @param incoming the authority that is to issue; while its certificate is awaited it has only its name
 * @param emergency whether the outgoing key is taken for stolen
 * @param leftOut nodes that are not waited for, as {@code CLUSTER/NAME}
 * @param waits how many nodes and certificates it waited for when it was last looked at
 * @param movedAt when that or the step last changed
 * @param endedAt null while it is under way
 */
public record Rotation(
        UUID id,
        @Nullable String cluster,
        AuthorityKind kind,
        String outgoing,
        String incoming,
        boolean emergency,
        Step step,
        List<String> leftOut,
        int waits,
        String startedBy,
        Instant startedAt,
        Instant stepSince,
        Instant movedAt,
        @Nullable Instant endedAt) {}
