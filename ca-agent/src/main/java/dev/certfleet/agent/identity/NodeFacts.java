package dev.certfleet.agent.identity;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.settings.NodeSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** What the machine says of itself where the settings leave it out. */
public final class NodeFacts {
    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    /** Interfaces that containers bring: their addresses are not the node's. */
    private static final List<String> CONTAINER_INTERFACES =
            List.of("docker", "br-", "veth", "cni", "flannel", "cali", "cilium", "lxc", "kube-", "virbr", "tunl");

    private NodeFacts() {}

    public static Enrolment.Node of(NodeSettings settings) {
        return new Enrolment.Node(
                settings.name().orElseGet(NodeFacts::hostName),
                settings.roles(),
                settings.addresses().isEmpty() ? addresses() : settings.addresses());
    }

    /** The host's name in lower case, as the kubelet has it. */
    public static String hostName() {
        try {
            return Files.readString(HOST_NAME).strip().toLowerCase(Locale.ROOT);
        } catch (IOException e) {
            throw new Trouble(
                    ExitCode.SETTINGS,
                    "this host's name cannot be read (" + Trouble.oneLine(e) + "); set node.name",
                    e);
        }
    }

    /** The addresses of the interfaces that are up; no loopback, link-local or container ones. */
    public static List<String> addresses() {
        List<String> found = new ArrayList<>();
        try {
            for (NetworkInterface one : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                boolean ofContainers = CONTAINER_INTERFACES.stream().anyMatch(one.getName()::startsWith);
                if (!one.isUp() || one.isLoopback() || ofContainers) {
                    continue;
                }
                for (InetAddress address : Collections.list(one.getInetAddresses())) {
                    if (!address.isLoopbackAddress() && !address.isLinkLocalAddress() && !address.isAnyLocalAddress()) {
                        String text = address.getHostAddress();
                        int zone = text.indexOf('%');
                        found.add(zone < 0 ? text : text.substring(0, zone));
                    }
                }
            }
        } catch (SocketException e) {
            throw new Trouble(
                    ExitCode.SETTINGS,
                    "this host's addresses cannot be read (" + Trouble.oneLine(e) + "); set node.addresses",
                    e);
        }
        return List.copyOf(found);
    }
}
