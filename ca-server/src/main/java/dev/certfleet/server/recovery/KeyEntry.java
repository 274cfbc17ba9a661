package dev.certfleet.server.recovery;

import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.x509.KeyHash;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A blocked public key in the journal. It matters for ever.
 *
 * @param kind that it is blocked, or {@code key-given-up}: an operator accepted that it is not any more
 * @param key SHA-256 of the key, 64 hexadecimal digits
 * @param cause {@code compromised} or {@code quarantine}
 * @param cluster of the node in quarantine; null for a compromised key
 * @param node in quarantine; null for a compromised key
 */
record KeyEntry(
        String kind,
        String key,
        String cause,
        @Nullable String cluster,
        @Nullable String node,
        @Nullable String comment,
        String blockedBy,
        String blockedAt)
        implements JournalEntry {

    static final String BLOCKED = "key-blocked";
    static final String GIVEN_UP = "key-given-up";

    private static final String COMPROMISED = "compromised";
    private static final String QUARANTINE = "quarantine";

    @Override
    public boolean isComplete() {
        if (Stream.of(kind, key, cause, blockedBy, blockedAt).anyMatch(Objects::isNull)
                || !Set.of(BLOCKED, GIVEN_UP).contains(kind)) {
            return false;
        }
        known();
        return switch (cause) {
            case COMPROMISED -> cluster == null && node == null;
            case QUARANTINE -> cluster != null && node != null;
            default -> false;
        };
    }

    static KeyEntry of(BlockedKeys.Entry key) {
        return new KeyEntry(
                BLOCKED,
                key.key().hex(),
                key.cause(),
                key.cluster(),
                key.node(),
                key.comment(),
                key.by(),
                key.at().toString());
    }

    /** Says that the key stays as the database has it. */
    KeyEntry givenUp() {
        return new KeyEntry(GIVEN_UP, key, cause, cluster, node, comment, blockedBy, blockedAt);
    }

    boolean isBlocked() {
        return kind.equals(BLOCKED);
    }

    Instant at() {
        return Instant.parse(blockedAt);
    }

    BlockedKeys.Entry known() {
        return new BlockedKeys.Entry(new KeyHash(key), cause, cluster, node, comment, blockedBy, at());
    }

    /** Which of two of the same key has to be in the database: a compromised key counts for more. */
    static KeyEntry weightier(KeyEntry one, KeyEntry other) {
        return one.cause.equals(COMPROMISED) || !other.cause.equals(COMPROMISED) ? one : other;
    }
}
