package dev.certfleet.agent;

import dev.certfleet.agent.identity.NodeFacts;
import dev.certfleet.agent.settings.Settings;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** The node's own addresses: those that are set, or those of its interfaces; without loopback. */
final class NodeAddresses {
    private NodeAddresses() {}

    static List<InetAddress> of(Settings settings) {
        List<String> texts = settings.node().addresses().isEmpty()
                ? NodeFacts.addresses()
                : settings.node().addresses();
        List<InetAddress> addresses = new ArrayList<>();
        for (String text : texts) {
            try {
                addresses.add(InetAddress.ofLiteral(text));
            } catch (IllegalArgumentException e) {
                throw new Trouble(ExitCode.SETTINGS, "node.addresses: not an address: " + text, e);
            }
        }
        return addresses;
    }
}
