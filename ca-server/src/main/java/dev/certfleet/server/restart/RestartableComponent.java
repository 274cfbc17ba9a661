package dev.certfleet.server.restart;

import java.util.Arrays;
import java.util.Optional;

/** What a node may ask to restart. */
public enum RestartableComponent {
    ETCD("etcd"),
    KUBE_APISERVER("kube-apiserver"),
    KUBE_CONTROLLER_MANAGER("kube-controller-manager"),
    KUBE_SCHEDULER("kube-scheduler"),
    KUBELET("kubelet"),
    KUBE_PROXY("kube-proxy");

    private final String label;

    RestartableComponent(String label) {
        this.label = label;
    }

    /** The name on the API and in the database. */
    public String label() {
        return label;
    }

    public static Optional<RestartableComponent> of(String label) {
        return Arrays.stream(values())
                .filter(component -> component.label.equals(label))
                .findFirst();
    }
}
