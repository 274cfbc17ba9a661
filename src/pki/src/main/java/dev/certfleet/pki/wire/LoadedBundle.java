package dev.certfleet.pki.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether a node's components trust by a bundle as it was published.
 *
 * @param bundle the bundle's name ({@code kubernetes}, {@code clients}, {@code etcd}, {@code front-proxy}, {@code agents},
 *     {@code installation})
 * @param authorities fingerprints of the CA certificates in the published file, lowercase hexadecimal
 * @param loaded whether every component of the node that reads it was seen to use these; true where the node has no such
 *     component
 * @param waitingFor what it waits for, such as {@code restart of etcd}; null where loaded
 */
public record LoadedBundle(
        String bundle,
        List<String> authorities,
        boolean loaded,
        @Nullable String waitingFor) {}
