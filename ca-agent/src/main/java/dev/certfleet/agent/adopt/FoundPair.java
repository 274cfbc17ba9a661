package dev.certfleet.agent.adopt;

import dev.certfleet.pki.ProfileName;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * A certificate that is in use on this node, with its key.
 *
 * @param profile what it is used as; empty for administrators' kubeconfigs, which the node does not hold
 * @param source the file it is in
 * @param certificate the leaf
 * @param certificatePem as it is found, intermediates included
 * @param keyPem as it is found
 * @param kubeconfig the kubeconfig that it is the user of
 * @param embedded whether it is in a kubeconfig itself
 */
record FoundPair(
        Optional<ProfileName> profile,
        Path source,
        X509Certificate certificate,
        String certificatePem,
        String keyPem,
        Optional<Path> kubeconfig,
        boolean embedded) {

    /** Without the key. */
    @Override
    public String toString() {
        return "pair in " + source;
    }
}
