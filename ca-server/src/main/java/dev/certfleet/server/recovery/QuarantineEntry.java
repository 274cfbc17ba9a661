package dev.certfleet.server.recovery;

import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.ledger.QuarantineRecord;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node's quarantine in the journal, or its end: all that is needed to put it back, and the node with it. It matters for
 * ever.
 *
 * @param kind that it began, that it is over, or {@code quarantine-given-up}: an operator accepted that it stays lost
 * @param quarantine its id
 * @param tokens ids of enrolment tokens that its machine knows
 * @param machines what the node proved to be: {@code tpm} or {@code document}, a space, 64 hexadecimal digits
 */
record QuarantineEntry(
        String kind,
        String quarantine,
        String cluster,
        String node,
        List<String> roles,
        List<String> addresses,
        String enrolledAt,
        List<String> tokens,
        List<String> machines,
        String reason,
        @Nullable String comment,
        String quarantinedBy,
        String quarantinedAt,
        @Nullable String endedBy,
        @Nullable String endedAt)
        implements JournalEntry {

    static final String BEGUN = "node-quarantined";
    static final String ENDED = "quarantine-ended";
    static final String GIVEN_UP = "quarantine-given-up";

    private static final Pattern MACHINE = Pattern.compile("(tpm|document) [0-9a-f]{64}");

    @Override
    public boolean isComplete() {
        if (Stream.of(kind, quarantine, cluster, node, enrolledAt, reason, quarantinedBy, quarantinedAt)
                        .anyMatch(Objects::isNull)
                || Stream.of(roles, addresses, tokens, machines)
                        .anyMatch(list -> list == null || list.stream().anyMatch(Objects::isNull))) {
            return false;
        }
        known();
        roles.forEach(NodeRole::of);
        addresses.forEach(InetAddress::ofLiteral);
        tokens.forEach(UUID::fromString);
        boolean over = endedBy != null && endedAt != null;
        boolean lasts = endedBy == null && endedAt == null;
        return machines.stream().allMatch(machine -> MACHINE.matcher(machine).matches())
                && RevocationReason.of(reason) != RevocationReason.CERTIFICATE_HOLD
                && switch (kind) {
                    case BEGUN -> lasts;
                    case ENDED -> over;
                    case GIVEN_UP -> lasts || over;
                    default -> false;
                };
    }

    /** As it began, whether or not it is over. */
    static QuarantineEntry begun(QuarantineRecord quarantine) {
        return of(BEGUN, quarantine, null, null);
    }

    static QuarantineEntry ended(QuarantineRecord quarantine) {
        return of(ENDED, quarantine, quarantine.endedBy(), String.valueOf(quarantine.endedAt()));
    }

    private static QuarantineEntry of(
            String kind, QuarantineRecord quarantine, @Nullable String endedBy, @Nullable String endedAt) {
        return new QuarantineEntry(
                kind,
                quarantine.id().toString(),
                quarantine.cluster(),
                quarantine.node(),
                quarantine.roles(),
                quarantine.addresses(),
                quarantine.enrolledAt().toString(),
                quarantine.tokens(),
                quarantine.machines(),
                quarantine.reason(),
                quarantine.comment(),
                quarantine.by(),
                quarantine.at().toString(),
                endedBy,
                endedAt);
    }

    /** Says that it, or its end, stays lost. */
    QuarantineEntry givenUp() {
        return new QuarantineEntry(
                GIVEN_UP,
                quarantine,
                cluster,
                node,
                roles,
                addresses,
                enrolledAt,
                tokens,
                machines,
                reason,
                comment,
                quarantinedBy,
                quarantinedAt,
                endedBy,
                endedAt);
    }

    boolean isGivenUp() {
        return kind.equals(GIVEN_UP);
    }

    UUID id() {
        return UUID.fromString(quarantine);
    }

    QuarantineRecord known() {
        return new QuarantineRecord(
                id(),
                cluster,
                node,
                roles,
                addresses,
                Instant.parse(enrolledAt),
                tokens,
                machines,
                reason,
                comment,
                quarantinedBy,
                Instant.parse(quarantinedAt),
                endedBy,
                endedAt == null ? null : Instant.parse(endedAt));
    }

    /** Of two of the same quarantine the last word, in whatever order they stand: it ends once, and is given up after that. */
    static QuarantineEntry later(QuarantineEntry one, QuarantineEntry other) {
        return other.rank() > one.rank() ? other : one;
    }

    private int rank() {
        return switch (kind) {
            case GIVEN_UP -> 2;
            case ENDED -> 1;
            default -> 0;
        };
    }
}
