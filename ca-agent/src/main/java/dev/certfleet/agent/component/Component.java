package dev.certfleet.agent.component;

/** A program on the node that reads what the agent publishes. */
public enum Component {
    ETCD("etcd"),
    KUBE_APISERVER("kube-apiserver"),
    KUBE_CONTROLLER_MANAGER("kube-controller-manager"),
    KUBE_SCHEDULER("kube-scheduler"),
    KUBELET("kubelet"),
    KUBE_PROXY("kube-proxy"),
    /** The agent's own, or a {@code ca-agent gate} beside it. */
    REVOCATION_GATE("revocation-gate");

    private final String label;

    Component(String label) {
        this.label = label;
    }

    /** The name in settings and messages; the executable's, except the gate's. */
    public String label() {
        return label;
    }
}
