package dev.certfleet.pki.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Certificates that were issued before certfleet had their authority, to be put on record.
 *
 * @param certificates at most 200
 */
public record AdoptionRequest(List<Certificate> certificates) {
    /**
     * One certificate.
     *
     * @param certificate PEM, one block
     * @param profile what it is used as, such as {@code etcd-peer}; null where it is to tell by itself
     * @param node the node that holds it; null where none does, and for what an agent found on its own node
     */
    public record Certificate(
            String certificate,
            @Nullable String profile,
            @Nullable String node) {}
}
