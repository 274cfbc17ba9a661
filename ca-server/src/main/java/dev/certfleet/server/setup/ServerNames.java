package dev.certfleet.server.setup;

import dev.certfleet.server.installation.CannotStart;
import dev.certfleet.server.installation.Settings;
import dev.certfleet.server.x509.SubjectAlternativeNames;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The names that this server's TLS certificate carries: localhost, the machine's own, and those in the settings. */
final class ServerNames {
    private ServerNames() {}

    static SubjectAlternativeNames of(Settings settings) {
        Set<String> dnsNames = new LinkedHashSet<>();
        Set<InetAddress> addresses = new LinkedHashSet<>();
        dnsNames.add("localhost");
        addresses.addAll(ownAddresses());
        hostName(dnsNames);
        for (String name : settings.names()) {
            if (name.matches("[0-9.]+") || name.contains(":")) {
                addresses.add(literal(name));
            } else {
                dnsNames.add(name.toLowerCase(Locale.ROOT));
            }
        }
        return new SubjectAlternativeNames(List.copyOf(dnsNames), List.copyOf(addresses));
    }

    private static void hostName(Set<String> dnsNames) {
        try {
            String host = InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT);
            if (host.matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?") && !host.matches("[0-9.]+")) {
                dnsNames.add(host);
            }
        } catch (UnknownHostException e) {
            // a machine without a name of its own is reached by its addresses
        }
    }

    private static InetAddress literal(String address) {
        try {
            return InetAddress.ofLiteral(address);
        } catch (IllegalArgumentException e) {
            throw new CannotStart("certfleet.names has '" + address + "', which is not an IP address", e);
        }
    }

    private static List<InetAddress> ownAddresses() {
        List<InetAddress> own = new ArrayList<>();
        try {
            for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                for (InetAddress address : Collections.list(network.getInetAddresses())) {
                    if (!address.isLinkLocalAddress() && !address.isMulticastAddress()) {
                        own.add(withoutScope(address));
                    }
                }
            }
        } catch (SocketException | UnknownHostException e) {
            throw new UncheckedIOException(e);
        }
        own.sort(java.util.Comparator.comparing(InetAddress::getHostAddress));
        return own;
    }

    private static InetAddress withoutScope(InetAddress address) throws UnknownHostException {
        return InetAddress.getByAddress(address.getAddress());
    }
}
