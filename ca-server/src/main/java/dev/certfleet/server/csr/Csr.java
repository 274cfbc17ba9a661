package dev.certfleet.server.csr;

import dev.certfleet.pki.CsrSigner;
import dev.certfleet.server.x509.CertificationRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A CertificateSigningRequest as a control-plane node found it.
 *
 * @param uid unique in its cluster, for all time
 * @param name its name
 * @param signer the signer that it names
 * @param username who made it
 * @param groups the groups of who made it
 * @param usages as Kubernetes names them
 * @param expirationSeconds at least 600; null where it asks for none
 * @param request what is to be certified
 * @param hash SHA-256 of all of these
 * @param approved whether somebody approved it
 */
public record Csr(
        String uid,
        String name,
        CsrSigner signer,
        String username,
        List<String> groups,
        List<String> usages,
        @Nullable Integer expirationSeconds,
        CertificationRequest request,
        byte[] hash,
        boolean approved) {
    private static final String NODE = "system:node:";
    private static final String NODES = "system:nodes";
    private static final String BOOTSTRAPPERS = "system:bootstrappers";

    /** The node that it is to be for; empty where its subject is no node's. */
    java.util.Optional<String> nodeAsked() {
        List<String> names = request.commonNames();
        return names.size() == 1
                        && names.getFirst().startsWith(NODE)
                        && request.organizations().equals(List.of(NODES))
                ? java.util.Optional.of(names.getFirst().substring(NODE.length()))
                : java.util.Optional.empty();
    }

    boolean isByNode(String node) {
        return isByNode() && username.equals(NODE + node);
    }

    boolean isByNode() {
        return username.startsWith(NODE) && groups.contains(NODES);
    }

    /** kube-apiserver puts everybody with a bootstrap token into that group; no certificate of ours is in it. */
    boolean isByBootstrapper() {
        return groups.contains(BOOTSTRAPPERS);
    }
}
