package dev.certfleet.server.ledger;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A node's quarantine, with what is needed to put it back where the node is lost too.
 *
 * @param roles the node's, by their labels
 * @param addresses the node's, textual IP addresses
 * @param tokens the ids of enrolment tokens that the machine used or that only its name fits, used up or not, and that had
 *     not expired
 * @param machines what the node proved to be: {@code tpm} or {@code document}, a space, 64 hexadecimal digits
 * @param reason the label of the reason that its certificates were revoked for
 * @param endedBy who allowed a reinstall; null while it lasts
 * @param endedAt when; null while it lasts
 */
public record QuarantineRecord(
        UUID id,
        String cluster,
        String node,
        List<String> roles,
        List<String> addresses,
        Instant enrolledAt,
        List<String> tokens,
        List<String> machines,
        String reason,
        @Nullable String comment,
        String by,
        Instant at,
        @Nullable String endedBy,
        @Nullable Instant endedAt) {

    public boolean isOver() {
        return endedAt != null;
    }
}
