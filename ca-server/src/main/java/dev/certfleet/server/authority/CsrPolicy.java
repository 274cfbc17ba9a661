package dev.certfleet.server.authority;

import dev.certfleet.pki.CsrSigner;
import java.util.List;
import java.util.Set;

/**
 * Which of a cluster's CertificateSigningRequests are answered.
 *
 * @param signers those that certfleet is in this cluster
 * @param userGroups the groups that {@link CsrSigner#SELF_SERVICE} puts users into who are in them already
 */
public record CsrPolicy(Set<CsrSigner> signers, List<String> userGroups) {
    static final CsrPolicy NONE = new CsrPolicy(Set.of(), List.of());

    public CsrPolicy {
        signers = Set.copyOf(signers);
        userGroups = List.copyOf(userGroups);
    }

    public boolean answers(CsrSigner signer) {
        return signers.contains(signer);
    }

    /** In the signers' order. */
    public List<String> signerNames() {
        return signers.stream().sorted().map(CsrSigner::label).toList();
    }
}
