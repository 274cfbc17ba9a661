package dev.certfleet.agent.settings;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.component.Component;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The section {@code components}: where the programs are that use what is published, and how they are restarted.
 *
 * @param enabled false where no component is looked at or restarted
 * @param proveWithin how long a running component may take to use a new pair before the last good one is put back
 * @param restartWithin how long a component may take from the beginning of its restart until it is healthy
 * @param apiServer the kube-apiserver on this very node; empty for {@code gate.apiServer}, or what kubeconfigs name
 */
public record ComponentSettings(
        boolean enabled,
        Duration proveWithin,
        Duration restartWithin,
        Optional<URI> apiServer,
        Map<Component, One> components) {

    /**
     * One component.
     *
     * @param enabled false where it is not looked at
     * @param address where it listens; empty for loopback and the node's own addresses
     * @param port where it answers over TLS
     * @param healthPort where it says whether it is well
     * @param restart argument vectors that restart it; empty to find out
     * @param mayRestart false where a person does it
     */
    public record One(
            boolean enabled,
            Optional<String> address,
            int port,
            int healthPort,
            List<List<String>> restart,
            boolean mayRestart) {}

    private static final int LAST_PORT = 65_535;
    private static final String NEVER = "never";

    static ComponentSettings from(Section section, EtcdSettings etcd, GateSection gate) {
        boolean enabled = section.flag("enabled", true);
        Duration proveWithin = section.duration("proveWithin", Duration.ofSeconds(30));
        Duration restartWithin = section.duration("restartWithin", Duration.ofMinutes(2));
        Optional<URI> apiServer = Optional.empty();
        Map<Component, One> components = new EnumMap<>(Component.class);
        for (Component component : Component.values()) {
            Section own = section.section(component.label());
            components.put(
                    component,
                    switch (component) {
                        case ETCD -> one(own, etcd.clientPort(), etcd.clientPort());
                        case KUBE_APISERVER -> {
                            apiServer = own.text("url").map(text -> url(own, text));
                            yield one(own, 6443, 6443);
                        }
                        case KUBE_CONTROLLER_MANAGER -> onPort(own, 10_257, 10_257);
                        case KUBE_SCHEDULER -> onPort(own, 10_259, 10_259);
                        case KUBELET -> onPort(own, 10_250, 10_248);
                        case KUBE_PROXY -> onPort(own, 10_256, 10_256);
                        case REVOCATION_GATE ->
                            new One(
                                    own.flag("enabled", true),
                                    Optional.of(gate.settings().address()),
                                    gate.settings().port(),
                                    gate.settings().port(),
                                    List.of(),
                                    false);
                    });
            own.end();
        }
        section.end();
        return new ComponentSettings(enabled, proveWithin, restartWithin, apiServer, components);
    }

    public One of(Component component) {
        return java.util.Objects.requireNonNull(components.get(component));
    }

    /** True where it is to be looked at. */
    public boolean looksAt(Component component) {
        return enabled && of(component).enabled();
    }

    private static One onPort(Section section, int port, int healthPort) {
        int set = port(section, "port", port);
        return one(section, set, port(section, "healthPort", port == healthPort ? set : healthPort));
    }

    private static One one(Section section, int port, int healthPort) {
        Optional<String> address = section.text("address");
        address.ifPresent(text -> {
            try {
                InetAddress.ofLiteral(text);
            } catch (IllegalArgumentException e) {
                throw new Trouble(
                        ExitCode.SETTINGS, section.name("address") + " has to be an IP address, not '" + text + "'", e);
            }
        });
        boolean never = section.isText("restart")
                && section.text("restart").filter(NEVER::equals).isPresent();
        return new One(
                section.flag("enabled", true),
                address,
                port,
                healthPort,
                never ? List.of() : section.commands("restart"),
                !never);
    }

    private static URI url(Section section, String text) {
        String hint = section.name("url") + " has to be like https://10.0.0.1:6443, not '" + text + "'";
        try {
            URI uri = URI.create(text);
            if (!"https".equals(uri.getScheme())
                    || uri.getHost() == null
                    || uri.getPort() < 0
                    || !uri.getPath().isEmpty()) {
                throw Section.wrong(hint);
            }
            return uri;
        } catch (IllegalArgumentException e) {
            throw new Trouble(ExitCode.SETTINGS, hint, e);
        }
    }

    private static int port(Section section, String key, int otherwise) {
        String text = section.text(key).orElse(Integer.toString(otherwise));
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > LAST_PORT) {
            throw Section.wrong(section.name(key) + " has to be a port number, not '" + text + "'");
        }
        return Integer.parseInt(text);
    }
}
