package dev.certfleet.agent.settings;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How the running agent can be asked.
 *
 * @param socket the Unix domain socket of the commands; left out, {@code agent.sock} in the state folder
 * @param metrics loopback address of {@code /metrics} (Prometheus); empty where it is {@code off}
 */
public record ControlSettings(Optional<Path> socket, Optional<InetSocketAddress> metrics) {
    static ControlSettings from(Section section) {
        String metrics = section.text("metrics").orElse("127.0.0.1:9791");
        ControlSettings settings = new ControlSettings(
                section.has("socket") ? Optional.of(section.path("socket", Path.of("/"))) : Optional.empty(),
                metrics.equals("off") || metrics.equals("false")
                        ? Optional.empty()
                        : Optional.of(loopback(section, metrics)));
        section.end();
        return settings;
    }

    public Path socketIn(Path state) {
        return socket.orElseGet(() -> state.resolve("agent.sock"));
    }

    private static InetSocketAddress loopback(Section section, String text) {
        String hint =
                section.name("metrics") + " has to be a loopback address and port such as 127.0.0.1:9791, or 'off'";
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw Section.wrong(hint);
        }
        try {
            String host = text.substring(0, colon).replace("[", "").replace("]", "");
            InetSocketAddress address = new InetSocketAddress(
                    java.net.InetAddress.ofLiteral(host), Integer.parseInt(text.substring(colon + 1)));
            if (!address.getAddress().isLoopbackAddress()) {
                throw Section.wrong(hint);
            }
            return address;
        } catch (IllegalArgumentException e) {
            throw new dev.certfleet.agent.Trouble(dev.certfleet.agent.ExitCode.SETTINGS, hint, e);
        }
    }
}
