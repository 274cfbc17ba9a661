package dev.certfleet.server.receipt;

/** What a certificate is shown to. */
public enum DoorKind {
    /** A control-plane node's kube-apiserver, proved by the node's agent. */
    KUBE_APISERVER("kube-apiserver", "control-plane"),
    /** A node's etcd member, proved by the node's agent. */
    ETCD("etcd", "etcd"),
    /** A certfleet server's OCSP, proved by the server itself. */
    REPLICA("replica", "");

    private final String label;
    private final String role;

    DoorKind(String label, String role) {
        this.label = label;
        this.role = role;
    }

    /** Its name on the API. */
    public String label() {
        return label;
    }

    /** The role of the nodes that have such a door; empty where no node has. */
    public String role() {
        return role;
    }
}
