package dev.certfleet.agent.settings;

import java.util.Optional;

/**
 * What the published kubeconfigs need to know.
 *
 * @param apiServer the API server's URL; left out, a control-plane node's kubeconfigs name its own first address and port
 *     6443, and another node's the endpoint in the cluster's description
 * @param kubeadm whether kubeadm's commands are used on this node: they read {@code admin.conf}, {@code
 *     controller-manager.conf} and {@code scheduler.conf} only with the certificates in them
 */
public record KubernetesSettings(Optional<String> apiServer, boolean kubeadm) {
    static KubernetesSettings from(Section section) {
        Optional<String> apiServer = section.text("apiServer");
        boolean kubeadm = section.flag("kubeadm", false);
        section.end();
        if (apiServer.isPresent() && !apiServer.get().startsWith("https://")) {
            throw Section.wrong(section.name("apiServer") + " has to be like https://10.0.0.1:6443");
        }
        return new KubernetesSettings(apiServer, kubeadm);
    }
}
