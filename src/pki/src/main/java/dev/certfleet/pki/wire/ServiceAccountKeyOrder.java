package dev.certfleet.pki.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a control-plane node has to know of its cluster's service-account key pair. Nodes pass it on among themselves, sealed;
 * the server only carries what it cannot open.
 *
 * @param publicKey SHA-256 of the pair's SubjectPublicKeyInfo, lowercase hexadecimal; null where no node has one, so that this
 *     one may offer its own
 * @param offeredBy the node that offered it; null where none did
 * @param said whether this node said that it has this pair in place
 * @param agreementKey the agreement key that this node asked with, Base64; null where it did not ask
 * @param sealed the answer to that; null where there is none yet
 * @param requests those of other nodes that nobody answered yet; for a node that has the pair
 */
public record ServiceAccountKeyOrder(
        @Nullable String publicKey,
        @Nullable String offeredBy,
        boolean said,
        @Nullable String agreementKey,
        @Nullable SealedKey sealed,
        List<KeyRequest> requests) {}
