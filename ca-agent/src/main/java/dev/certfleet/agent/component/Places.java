package dev.certfleet.agent.component;

import dev.certfleet.agent.settings.ComponentSettings;
import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a node's components listen.
 *
 * @param own the node's addresses, without loopback
 * @param localApiServer the kube-apiserver on this very node; empty on nodes without
 * @param apiServer what the node's kubeconfigs name; empty where that is not known
 */
public record Places(List<InetAddress> own, Optional<URI> localApiServer, Optional<URI> apiServer) {
    public Places {
        own = List.copyOf(own);
    }

    /** Where to try in turn: the address that is set for the component, else loopback and the node's own. */
    List<InetAddress> of(ComponentSettings.One settings) {
        if (settings.address().isPresent()) {
            return List.of(InetAddress.ofLiteral(settings.address().get()));
        }
        List<InetAddress> addresses = new ArrayList<>();
        addresses.add(InetAddress.ofLiteral("127.0.0.1"));
        addresses.addAll(own);
        return addresses;
    }
}
