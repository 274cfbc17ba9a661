package dev.certfleet.server.revocation;

import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.revocation.Impact.Severity;
import java.util.Optional;

/** What a component cannot do without a certificate of a profile. */
final class ComponentLoss {
    private ComponentLoss() {}

    static String of(ProfileName profile) {
        return switch (profile) {
            case KUBE_APISERVER -> "clients of kube-apiserver that check revocation refuse it";
            case KUBE_APISERVER_KUBELET_CLIENT -> "kube-apiserver loses the kubelets (logs, exec, port-forward)";
            case KUBE_APISERVER_ETCD_CLIENT -> "kube-apiserver loses etcd";
            case FRONT_PROXY_CLIENT -> "kube-apiserver loses the aggregated APIs";
            case ETCD_SERVER -> "clients of etcd that check revocation refuse this member";
            case ETCD_PEER -> "the other etcd members refuse this one";
            case ETCD_HEALTHCHECK_CLIENT -> "etcd's health checks fail";
            case KUBE_CONTROLLER_MANAGER -> "kube-controller-manager loses the API";
            case KUBE_SCHEDULER -> "kube-scheduler loses the API";
            case KUBELET_CLIENT, CSR_KUBELET_CLIENT -> "the kubelet loses the API and the node becomes NotReady";
            case KUBELET_SERVING, CSR_KUBELET_SERVING -> "clients of the kubelet that check revocation refuse it";
            case KUBE_PROXY -> "kube-proxy loses the API and keeps the rules it has";
            case REVOCATION_GATE -> "clients of the revocation gate that check revocation refuse it";
            case NODE_IDENTITY -> "the server refuses its agent";
            case ETCD_CANARY -> "nothing: it is issued revoked";
            case ADMIN_KUBECONFIG -> "admin.conf on it is refused";
            case CSR_SIGNER -> "it answers no CertificateSigningRequests";
            case KUBERNETES_ADMIN, KUBERNETES_SUPER_ADMIN, CSR_CLIENT, OPERATOR -> "its holder is refused";
            case SERVER_TLS -> "clients that check revocation refuse the server";
        };
    }

    /** Kubernetes' own clients check no server certificate's status, so that such a loss is seldom noticed. */
    static Severity severity(ProfileName profile) {
        return switch (profile) {
            case KUBE_APISERVER, ETCD_SERVER, KUBELET_SERVING, CSR_KUBELET_SERVING, REVOCATION_GATE, ETCD_CANARY ->
                Severity.NOTICE;
            case KUBE_APISERVER_KUBELET_CLIENT,
                    KUBE_APISERVER_ETCD_CLIENT,
                    FRONT_PROXY_CLIENT,
                    ETCD_PEER,
                    ETCD_HEALTHCHECK_CLIENT,
                    KUBE_CONTROLLER_MANAGER,
                    KUBE_SCHEDULER,
                    KUBELET_CLIENT,
                    CSR_KUBELET_CLIENT,
                    CSR_SIGNER,
                    CSR_CLIENT,
                    KUBE_PROXY,
                    ADMIN_KUBECONFIG,
                    NODE_IDENTITY,
                    KUBERNETES_ADMIN,
                    KUBERNETES_SUPER_ADMIN,
                    SERVER_TLS,
                    OPERATOR -> Severity.DEGRADED;
        };
    }

    /** What stops where no node of the cluster has such a certificate; empty where nothing stops for all. */
    static Optional<String> withoutAny(ProfileName profile) {
        return switch (profile) {
            case KUBE_APISERVER_ETCD_CLIENT -> Optional.of("the API goes down");
            case KUBE_APISERVER_KUBELET_CLIENT -> Optional.of("logs, exec and port-forward stop in the whole cluster");
            case ETCD_PEER -> Optional.of("etcd loses its majority, and the API goes down");
            case KUBE_CONTROLLER_MANAGER -> Optional.of("controllers stop");
            case KUBE_SCHEDULER -> Optional.of("new pods are not scheduled");
            case KUBELET_CLIENT -> Optional.of("every node becomes NotReady");
            case NODE_IDENTITY -> Optional.of("no agent renews anything");
            case KUBE_APISERVER,
                    FRONT_PROXY_CLIENT,
                    ETCD_SERVER,
                    ETCD_HEALTHCHECK_CLIENT,
                    KUBELET_SERVING,
                    CSR_SIGNER,
                    CSR_KUBELET_CLIENT,
                    CSR_KUBELET_SERVING,
                    CSR_CLIENT,
                    KUBE_PROXY,
                    ADMIN_KUBECONFIG,
                    REVOCATION_GATE,
                    ETCD_CANARY,
                    KUBERNETES_ADMIN,
                    KUBERNETES_SUPER_ADMIN,
                    SERVER_TLS,
                    OPERATOR -> Optional.empty();
        };
    }

    /** Which nodes hold such certificates. */
    static String kindOfNode(ProfileName profile) {
        if (profile.roles().size() != 1) {
            return "node";
        }
        return profile.roles().contains(NodeRole.ETCD) ? "etcd member" : "control-plane node";
    }
}
