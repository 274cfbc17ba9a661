package dev.certfleet.server.csr;

import dev.certfleet.pki.CsrSigner;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.enrolment.FindHolder;
import dev.certfleet.server.x509.Holder;
import dev.certfleet.server.x509.Subject;
import dev.certfleet.server.x509.Violation;
import dev.certfleet.server.x509.Violations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Finds whom the certificate would be for: a node as it is on record, or the user that the request names. */
@Component
class FindBearer {
    /** Whoever is called so is one of Kubernetes' own, and has a certificate by its profile. */
    private static final String OF_KUBERNETES = "system:";

    private static final String ALMIGHTY = "system:masters";
    private static final int MOST_GROUPS = 32;

    private final FindHolder findHolder;

    FindBearer(FindHolder findHolder) {
        this.findHolder = findHolder;
    }

    FindHolder.Found of(Csr csr, Cluster cluster) {
        return switch (csr.signer()) {
            case KUBELET_CLIENT, KUBELET_SERVING -> node(csr, cluster);
            case API_CLIENT, SELF_SERVICE -> user(csr, cluster);
        };
    }

    private FindHolder.Found node(Csr csr, Cluster cluster) {
        Optional<String> node = csr.nodeAsked();
        if (node.isEmpty()) {
            return none(List.of(new Violation(
                    "csr-subject", "the subject has to be O=system:nodes, CN=system:node:NAME, and nothing else")));
        }
        if (csr.signer() == CsrSigner.KUBELET_SERVING && !csr.request().asksForNames()) {
            return none(List.of(new Violation("csr-names", "the request has to ask for a DNS name or an IP address")));
        }
        return findHolder.forCsr(cluster, node.get());
    }

    private static FindHolder.Found user(Csr csr, Cluster cluster) {
        List<String> names = csr.request().commonNames();
        List<String> groups = csr.request().organizations();
        List<Violation> violations = new ArrayList<>();
        if (names.size() != 1 || names.getFirst().isBlank()) {
            violations.add(new Violation("csr-subject", "the subject has to have one common name, which is the user"));
        } else if (names.getFirst().startsWith(OF_KUBERNETES)) {
            violations.add(new Violation(
                    "csr-subject",
                    "users whose names begin with system: are Kubernetes' own; they have profiles here"));
        }
        if (groups.size() > MOST_GROUPS) {
            violations.add(new Violation("csr-groups", "more than " + MOST_GROUPS + " groups are asked for"));
        }
        for (String group : groups) {
            if (group.equals(ALMIGHTY)) {
                violations.add(new Violation("privileged-group", "this signer signs nothing for system:masters"));
            } else if (group.startsWith(OF_KUBERNETES)) {
                violations.add(
                        new Violation("csr-groups", "groups whose names begin with system: are Kubernetes' own"));
            } else if (group.isBlank() || group.length() > Subject.MAX_ORGANIZATION) {
                violations.add(new Violation(
                        "csr-groups",
                        "a group's name has 1 to " + Subject.MAX_ORGANIZATION + " characters (RFC 5280)"));
            }
        }
        return violations.isEmpty()
                ? new FindHolder.Found.One(
                        new Holder.NamedUser(cluster.facts(), new Subject(names.getFirst(), groups)), () -> {})
                : none(violations);
    }

    private static FindHolder.Found none(List<Violation> violations) {
        return new FindHolder.Found.None(new Violations(violations));
    }
}
