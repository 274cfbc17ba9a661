package dev.certfleet.pki;

import java.util.EnumSet;
import java.util.Set;

/**
 * The kinds of certificate that certfleet issues, each under the authority that signs it. Those with roles are given to
 * every node of such a role without anybody asking; the others are issued on request. Names, usages and subjects are those
 * of a kubeadm control plane (Kubernetes 1.34).
 */
public enum ProfileName {
    KUBE_APISERVER("kube-apiserver", AuthorityKind.KUBERNETES, Holder.NODE, NodeRole.CONTROL_PLANE),
    KUBE_APISERVER_KUBELET_CLIENT(
            "kube-apiserver-kubelet-client", AuthorityKind.KUBERNETES, Holder.NODE, NodeRole.CONTROL_PLANE),
    KUBE_APISERVER_ETCD_CLIENT("kube-apiserver-etcd-client", AuthorityKind.ETCD, Holder.NODE, NodeRole.CONTROL_PLANE),
    FRONT_PROXY_CLIENT("front-proxy-client", AuthorityKind.FRONT_PROXY, Holder.NODE, NodeRole.CONTROL_PLANE),
    ETCD_SERVER("etcd-server", AuthorityKind.ETCD, Holder.NODE, NodeRole.ETCD),
    ETCD_PEER("etcd-peer", AuthorityKind.ETCD, Holder.NODE, NodeRole.ETCD),
    ETCD_HEALTHCHECK_CLIENT("etcd-healthcheck-client", AuthorityKind.ETCD, Holder.NODE, NodeRole.ETCD),
    /**
     * A client certificate that is revoked in the moment it is issued: with it the agent sees whether etcd refuses what is
     * revoked. It opens nothing and is never published.
     */
    ETCD_CANARY("etcd-canary", AuthorityKind.ETCD, Holder.NODE, NodeRole.ETCD),
    KUBE_CONTROLLER_MANAGER("kube-controller-manager", AuthorityKind.KUBERNETES, Holder.NODE, NodeRole.CONTROL_PLANE),
    KUBE_SCHEDULER("kube-scheduler", AuthorityKind.KUBERNETES, Holder.NODE, NodeRole.CONTROL_PLANE),
    KUBELET_CLIENT("kubelet-client", AuthorityKind.KUBERNETES, Holder.NODE, NodeRole.CONTROL_PLANE, NodeRole.WORKER),
    KUBELET_SERVING("kubelet-serving", AuthorityKind.KUBERNETES, Holder.NODE, NodeRole.CONTROL_PLANE, NodeRole.WORKER),
    KUBE_PROXY("kube-proxy", AuthorityKind.KUBERNETES, Holder.NODE, NodeRole.CONTROL_PLANE, NodeRole.WORKER),
    /**
     * The administrator's on a control-plane node, for {@code admin.conf}. Whoever is root there has kube-apiserver's own
     * client certificate, which is of the same group, and the key of all service accounts: it adds no right.
     */
    ADMIN_KUBECONFIG("admin-kubeconfig", AuthorityKind.KUBERNETES, Holder.NODE, NodeRole.CONTROL_PLANE),
    /**
     * The agent's towards kube-apiserver, with which it answers CertificateSigningRequests. It belongs to no group; what it
     * may, a role binding says.
     */
    CSR_SIGNER("csr-signer", AuthorityKind.KUBERNETES, Holder.NODE, NodeRole.CONTROL_PLANE),
    /** What a kubelet got by a CertificateSigningRequest of its own. */
    CSR_KUBELET_CLIENT("csr-kubelet-client", AuthorityKind.KUBERNETES, Holder.NODE),
    /** What a kubelet serves that asked for it by a CertificateSigningRequest. */
    CSR_KUBELET_SERVING("csr-kubelet-serving", AuthorityKind.KUBERNETES, Holder.NODE),
    /** A user's or program's, who asked for it by a CertificateSigningRequest. */
    CSR_CLIENT("csr-client", AuthorityKind.KUBERNETES, Holder.CLUSTER),
    /** The gate's serving certificate on loopback; kube-apiserver trusts its authority for the webhook alone. */
    REVOCATION_GATE("revocation-gate", AuthorityKind.AGENTS, Holder.NODE, NodeRole.CONTROL_PLANE),
    /** A node's identity towards the certfleet server; issued by enrolment and renewed by itself. */
    NODE_IDENTITY("node-identity", AuthorityKind.AGENTS, Holder.NODE),
    KUBERNETES_ADMIN("kubernetes-admin", AuthorityKind.KUBERNETES, Holder.CLUSTER),
    /** {@code system:masters}: on request, for hours. */
    KUBERNETES_SUPER_ADMIN("kubernetes-super-admin", AuthorityKind.BREAK_GLASS, Holder.CLUSTER),
    SERVER_TLS("server-tls", AuthorityKind.INSTALLATION, Holder.INSTALLATION),
    OPERATOR("operator", AuthorityKind.INSTALLATION, Holder.INSTALLATION);

    /** Whom a certificate belongs to. */
    public enum Holder {
        NODE,
        CLUSTER,
        INSTALLATION
    }

    private final String label;
    private final AuthorityKind authority;
    private final Holder holder;
    private final Set<NodeRole> roles;

    ProfileName(String label, AuthorityKind authority, Holder holder, NodeRole... roles) {
        this.label = label;
        this.authority = authority;
        this.holder = holder;
        this.roles = roles.length == 0 ? Set.of() : Set.copyOf(EnumSet.of(roles[0], roles));
    }

    /** The name on the API. */
    public String label() {
        return label;
    }

    /** The kind of authority that signs certificates of this profile. */
    public AuthorityKind authority() {
        return authority;
    }

    public Holder holder() {
        return holder;
    }

    /** A node with any of these roles holds such a certificate; empty where it is issued on request only. */
    public Set<NodeRole> roles() {
        return roles;
    }

    /** Whether such a certificate is issued for a Kubernetes CertificateSigningRequest, and never otherwise. */
    public boolean isByCsr() {
        return switch (this) {
            case CSR_KUBELET_CLIENT, CSR_KUBELET_SERVING, CSR_CLIENT -> true;
            default -> false;
        };
    }

    /** @throws IllegalArgumentException for a name that is none of {@link #label()} */
    public static ProfileName of(String label) {
        return Labels.find(values(), ProfileName::label, label, "profile");
    }
}
