package dev.certfleet.pki;

/** What a node does in its cluster; it decides which certificates the node gets. */
public enum NodeRole {
    CONTROL_PLANE("control-plane"),
    ETCD("etcd"),
    WORKER("worker");

    private final String label;

    NodeRole(String label) {
        this.label = label;
    }

    /** The name on the API and in settings. */
    public String label() {
        return label;
    }

    /** @throws IllegalArgumentException for a name that is none of {@link #label()} */
    public static NodeRole of(String label) {
        return Labels.find(values(), NodeRole::label, label, "node role");
    }
}
