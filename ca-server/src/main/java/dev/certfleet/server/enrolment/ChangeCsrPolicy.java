package dev.certfleet.server.enrolment;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.authority.CsrPolicies;
import dev.certfleet.server.authority.CsrPolicy;
import dev.certfleet.server.ledger.BlockedKeys;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Changes which CertificateSigningRequests of a cluster are answered. Where none are any more, the certificates that nodes
 * answered with are revoked; a node that answers again later gets another.
 */
@Component
public class ChangeCsrPolicy {
    private final CsrPolicies policies;
    private final NodeRepository nodes;
    private final NodeCertificates certificates;
    private final RenewalDemands demands;
    private final BlockedKeys blockedKeys;

    ChangeCsrPolicy(
            CsrPolicies policies,
            NodeRepository nodes,
            NodeCertificates certificates,
            RenewalDemands demands,
            BlockedKeys blockedKeys) {
        this.policies = policies;
        this.nodes = nodes;
        this.certificates = certificates;
        this.demands = demands;
        this.blockedKeys = blockedKeys;
    }

    @Transactional
    public CsrPolicy change(String cluster, UnaryOperator<CsrPolicy> change, String actor) {
        boolean didAnswer = !policies.of(cluster).signers().isEmpty();
        CsrPolicy changed = policies.change(cluster, change, actor);
        if (didAnswer && changed.signers().isEmpty()) {
            List<Node.Id> all = nodes.page(cluster, "", Limit.unlimited()).stream()
                    .map(node -> new Node.Id(cluster, node.name()))
                    .toList();
            all.forEach(nodes::lock);
            blockedKeys.keepFromIssuing(cluster);
            all.forEach(node -> end(node, actor));
        }
        return changed;
    }

    private void end(Node.Id id, String actor) {
        int revoked = certificates.revoke(
                id,
                certificate -> certificate.profile().equals(ProfileName.CSR_SIGNER.label()),
                RevocationReason.CESSATION_OF_OPERATION,
                "the cluster answers no CertificateSigningRequests any more",
                actor);
        if (revoked > 0) {
            nodes.findById(id).ifPresent(node -> demands.of(node, Set.of(ProfileName.CSR_SIGNER), actor));
        }
    }
}
