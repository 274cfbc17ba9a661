package dev.certfleet.server.csr;

import dev.certfleet.server.authority.CsrPolicy;
import dev.certfleet.server.ledger.LivePairs;
import dev.certfleet.server.x509.KeyHash;
import java.util.List;
import org.springframework.stereotype.Component;

/** Whether a request that breaks no rule is approved without a person: that follows from who made it. */
@Component
class Approval {
    private static final String APPROVED = "CertfleetPolicy";
    private static final String NEEDS_PERSON = "NeedsApproval";

    private final LivePairs pairs;

    Approval(LivePairs pairs) {
        this.pairs = pairs;
    }

    Decision of(Csr csr, String cluster, CsrPolicy policy) {
        return switch (csr.signer()) {
            case KUBELET_CLIENT -> kubeletClient(csr, cluster, csr.nodeAsked().orElseThrow());
            case KUBELET_SERVING -> kubeletServing(csr, csr.nodeAsked().orElseThrow());
            case API_CLIENT -> new Decision.Leave(NEEDS_PERSON, "this signer's requests are approved by people alone");
            case SELF_SERVICE -> selfService(csr, policy);
        };
    }

    private Decision kubeletClient(Csr csr, String cluster, String node) {
        if (csr.isByNode(node)) {
            return new Decision.Approve(APPROVED, "the node asks for itself");
        }
        if (csr.isByNode()) {
            return otherNode();
        }
        if (!csr.isByBootstrapper()) {
            return byAPerson();
        }
        // Every bootstrap token is good for every node's name; a kubelet that works asks by its own certificate.
        if (pairs.existsForOtherKey(
                cluster, node, csr.signer().profile(), KeyHash.of(csr.request().key()))) {
            return new Decision.Leave(
                    NEEDS_PERSON,
                    "the node has a kubelet certificate already, and a bootstrap token alone gets it no other; let a"
                            + " person approve, or revoke the one it has");
        }
        return new Decision.Approve(APPROVED, "the node is on record, and is bootstrapped for the first time");
    }

    private static Decision kubeletServing(Csr csr, String node) {
        if (csr.isByNode(node)) {
            return new Decision.Approve(APPROVED, "the node asks for itself, and for names and addresses on record");
        }
        return csr.isByNode() ? otherNode() : byAPerson();
    }

    private static Decision selfService(Csr csr, CsrPolicy policy) {
        List<String> asked = csr.request().organizations();
        boolean isThemselves = csr.request().commonNames().equals(List.of(csr.username()))
                && csr.groups().containsAll(asked)
                && policy.userGroups().containsAll(asked);
        return isThemselves
                ? new Decision.Approve(APPROVED, "the user asks for what they are, in groups that the policy names")
                : new Decision.Leave(
                        NEEDS_PERSON,
                        "the user does not ask for their own name and for groups that they and the policy have");
    }

    private static Decision otherNode() {
        return new Decision.Deny("OtherNode", "a node asks for certificates of its own name alone");
    }

    private static Decision byAPerson() {
        return new Decision.Leave(NEEDS_PERSON, "neither the node itself nor a bootstrap token asks");
    }
}
