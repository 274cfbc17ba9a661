package dev.certfleet.agent.component;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.etcd.Pairs;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.settings.ComponentSettings;
import dev.certfleet.pki.ProfileName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether a component says that it is well, at the place where kubeadm's probes ask it. */
final class Health {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int OK = 200;

    private final ComponentSettings settings;
    private final Layout layout;
    private final HttpsCall http;

    Health(ComponentSettings settings, Layout layout, SecureRandom random) {
        this.settings = settings;
        this.layout = layout;
        this.http = new HttpsCall(random, TIMEOUT);
    }

    /** What is wrong with it; empty where it is well. */
    Optional<String> problem(Component component, Places places) {
        return switch (component) {
            // Answers by a read that needs the quorum.
            case ETCD -> ask(component, "https", "/health", "\"health\":\"true\"", places);
            case KUBE_APISERVER -> ask(component, "https", "/readyz", "", places);
            case KUBE_CONTROLLER_MANAGER, KUBE_SCHEDULER -> ask(component, "https", "/healthz", "", places);
            case KUBELET, KUBE_PROXY -> ask(component, "http", "/healthz", "", places);
            case REVOCATION_GATE -> Optional.empty();
        };
    }

    /** The question is no secret, and nothing is decided by the answer but whether to wait: any server's will do. */
    private Optional<String> ask(Component component, String scheme, String path, String expected, Places places) {
        Optional<Credential> own = layout.of(
                        component == Component.ETCD ? ProfileName.ETCD_PEER : ProfileName.KUBELET_CLIENT)
                .flatMap(Pairs::read);
        String last = component.label() + " does not listen";
        for (URI root : roots(component, scheme, places)) {
            if (!SelfReview.listens(root, TIMEOUT)) {
                continue;
            }
            try {
                HttpsCall.Answer answer = http.send(URI.create(root + path), own, Optional.empty(), Map.of(), null);
                if (answer.status() == OK && answer.body().contains(expected)) {
                    return Optional.empty();
                }
                last = component.label() + " answers " + path + " with status " + answer.status() + " "
                        + Trouble.oneLine(answer.body());
            } catch (IOException e) {
                last = component.label() + " does not answer " + path + ": " + Trouble.oneLine(e);
            }
        }
        return Optional.of(last.strip());
    }

    private List<URI> roots(Component component, String scheme, Places places) {
        if (component == Component.KUBE_APISERVER && places.localApiServer().isPresent()) {
            return List.of(places.localApiServer().get());
        }
        return places.of(settings.of(component)).stream()
                .map(address -> URI.create(scheme + "://" + host(address) + ":"
                        + settings.of(component).healthPort()))
                .toList();
    }

    private static String host(InetAddress address) {
        String text = address.getHostAddress();
        return text.contains(":") ? "[" + text + "]" : text;
    }
}
