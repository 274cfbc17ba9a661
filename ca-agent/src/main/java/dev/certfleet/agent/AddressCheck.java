package dev.certfleet.agent;

import dev.certfleet.agent.identity.NodeFacts;
import dev.certfleet.agent.settings.NodeSettings;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.AssignedCertificate;
import dev.certfleet.pki.wire.Assignment;
import java.net.InetAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether the addresses on record are still this node's. It does not change them by itself: an address in a certificate is a
 * claim that others believe, so an operator makes it.
 */
final class AddressCheck {
    private AddressCheck() {}

    static List<String> of(Assignment assignment, NodeSettings settings) {
        Set<String> recorded = new LinkedHashSet<>();
        for (AssignedCertificate certificate : assignment.certificates()) {
            if (certificate.profile().equals(ProfileName.KUBELET_SERVING.label())
                    || certificate.profile().equals(ProfileName.ETCD_SERVER.label())) {
                certificate.addresses().forEach(address -> recorded.add(spelled(address)));
            }
        }
        recorded.removeIf(address -> InetAddress.ofLiteral(address).isLoopbackAddress());
        if (recorded.isEmpty()) {
            return List.of();
        }
        Set<String> set = spelled(settings.addresses());
        Set<String> own = set.isEmpty() ? spelled(NodeFacts.addresses()) : set;
        Set<String> gone = new LinkedHashSet<>(recorded);
        gone.removeAll(own);
        Set<String> unknown = new LinkedHashSet<>(set);
        unknown.removeAll(recorded);
        if (gone.isEmpty() && unknown.isEmpty()) {
            return List.of();
        }
        return List.of("this node's addresses are " + String.join(", ", own) + ", on record are "
                + String.join(", ", recorded) + "; an operator changes them: PATCH /api/v1/clusters/"
                + assignment.cluster() + "/nodes/" + assignment.nodeName());
    }

    private static Set<String> spelled(List<String> addresses) {
        Set<String> spelled = new LinkedHashSet<>();
        addresses.forEach(address -> spelled.add(spelled(address)));
        return spelled;
    }

    private static String spelled(String address) {
        try {
            return InetAddress.ofLiteral(address).getHostAddress();
        } catch (IllegalArgumentException e) {
            return address;
        }
    }
}
