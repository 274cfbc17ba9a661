package dev.certfleet.server.ledger;

import dev.certfleet.server.x509.KeyHash;
import java.time.Instant;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates to revoke together; every part that is null does not narrow. Only what has not ended is meant, and what
 * is not revoked for good.
 *
 * @param cluster the cluster's name; null for all and what belongs to none
 * @param node the holding node's name
 * @param profile the profile's label
 * @param authority the name of the authority that signed
 * @param issuedBefore only certificates that were recorded before
 * @param issuedAfter only certificates that were recorded at this time or later
 * @param namePattern of the holding node's name or any DNS name, in which {@code *} stands for any characters
 * @param key the public key they carry
 */
public record Selection(
        @Nullable String cluster,
        @Nullable String node,
        @Nullable String profile,
        @Nullable String authority,
        @Nullable Instant issuedBefore,
        @Nullable Instant issuedAfter,
        @Nullable String namePattern,
        @Nullable KeyHash key) {

    /** All that a node holds. */
    public static Selection ofNode(String cluster, String node) {
        return new Selection(cluster, node, null, null, null, null, null, null);
    }

    /** All that carry a key, in whichever cluster. */
    public static Selection ofKey(KeyHash key) {
        return new Selection(null, null, null, null, null, null, null, key);
    }

    /** What narrows it, for the audit log. */
    public String inWords() {
        StringJoiner words = new StringJoiner(", ");
        say(words, "node", node);
        say(words, "profile", profile);
        say(words, "authority", authority);
        say(words, "issuedBefore", issuedBefore);
        say(words, "issuedAfter", issuedAfter);
        say(words, "namePattern", namePattern);
        say(words, "publicKey", key);
        return words.toString();
    }

    private static void say(StringJoiner words, String name, @Nullable Object value) {
        if (value != null) {
            words.add(name + "=" + value);
        }
    }

    /** Whether anything besides the cluster narrows it. */
    public boolean narrows() {
        return node != null
                || profile != null
                || authority != null
                || issuedBefore != null
                || issuedAfter != null
                || namePattern != null
                || key != null;
    }
}
