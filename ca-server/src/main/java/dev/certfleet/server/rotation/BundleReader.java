package dev.certfleet.server.rotation;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.server.authority.TrustBundles;
import java.util.Arrays;
import java.util.List;

/**
 * Which nodes read a trust bundle.
 *
 * @param bundle the bundle's name
 * @param roles a node with any of these does
 */
record BundleReader(String bundle, List<String> roles) {
    private static final BundleReader CLIENTS = of(TrustBundles.CLIENTS, NodeRole.CONTROL_PLANE, NodeRole.WORKER);

    /** Who has to have loaded an authority of this kind before it issues. */
    static List<BundleReader> beforeIssuance(AuthorityKind kind) {
        return switch (kind) {
            // A break-glass authority is in a bundle from its first certificate on, which is when somebody asks for one
            case BREAK_GLASS -> List.of();
            case KUBERNETES, ETCD, FRONT_PROXY, AGENTS, INSTALLATION -> of(kind);
        };
    }

    /** Who trusts an authority of this kind until they have loaded a bundle without it. */
    static List<BundleReader> of(AuthorityKind kind) {
        return switch (kind) {
            case KUBERNETES -> List.of(of(kind.label(), NodeRole.CONTROL_PLANE, NodeRole.WORKER), CLIENTS);
            case ETCD -> List.of(of(kind.label(), NodeRole.CONTROL_PLANE, NodeRole.ETCD));
            case FRONT_PROXY, AGENTS -> List.of(of(kind.label(), NodeRole.CONTROL_PLANE));
            case BREAK_GLASS -> List.of(CLIENTS);
            case INSTALLATION -> List.of(of(kind.label(), NodeRole.values()));
        };
    }

    private static BundleReader of(String bundle, NodeRole... roles) {
        return new BundleReader(
                bundle, Arrays.stream(roles).map(NodeRole::label).toList());
    }
}
