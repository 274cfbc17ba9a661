package dev.certfleet.agent.publish;

import static dev.certfleet.agent.publish.Readers.EACH_HANDSHAKE;
import static dev.certfleet.agent.publish.Readers.WATCH;

import dev.certfleet.agent.settings.PathSettings;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.ProfileName;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which file is where: kubeadm's names under one folder, each of them settable. */
public final class Layout {
    private final PathSettings paths;

    public Layout(PathSettings paths) {
        this.paths = paths;
    }

    /**
     * A profile's files.
     *
     * @param kubeconfig a kubeconfig that refers to the pair; empty where the profile has none
     * @param owner {@code user} or {@code user:group}; empty leaves root
     */
    public record Files(
            Path certificate, Path key, Optional<Path> kubeconfig, Optional<String> owner, Readers readers) {}

    /** Empty for a profile that is never published on a node. */
    public Optional<Files> of(ProfileName profile) {
        return switch (profile) {
            case KUBE_APISERVER -> files(profile, "pki/apiserver", WATCH);
            case KUBE_APISERVER_KUBELET_CLIENT -> files(profile, "pki/apiserver-kubelet-client", EACH_HANDSHAKE);
            case KUBE_APISERVER_ETCD_CLIENT -> files(profile, "pki/apiserver-etcd-client", EACH_HANDSHAKE);
            case FRONT_PROXY_CLIENT -> files(profile, "pki/front-proxy-client", WATCH);
            case ETCD_SERVER -> files(profile, "pki/etcd/server", EACH_HANDSHAKE);
            case ETCD_PEER -> files(profile, "pki/etcd/peer", EACH_HANDSHAKE);
            case ETCD_HEALTHCHECK_CLIENT -> files(profile, "pki/etcd/healthcheck-client", EACH_HANDSHAKE);
            case ETCD_CANARY -> Optional.of(canary());
            case KUBE_CONTROLLER_MANAGER ->
                withKubeconfig(profile, "pki/controller-manager", "controller-manager.conf");
            case KUBE_SCHEDULER -> withKubeconfig(profile, "pki/scheduler", "scheduler.conf");
            case KUBELET_CLIENT -> withKubeconfig(profile, "pki/kubelet-client", "kubelet.conf");
            case KUBELET_SERVING -> files(profile, "pki/kubelet", WATCH);
            case ADMIN_KUBECONFIG -> withKubeconfig(profile, "pki/admin", "admin.conf");
            case KUBE_PROXY -> withKubeconfig(profile, "pki/kube-proxy", "kube-proxy.conf");
            case CSR_SIGNER -> files(profile, "certfleet/csr-signer/csr-signer", EACH_HANDSHAKE);
            case REVOCATION_GATE -> files(profile, "certfleet/gate/gate", WATCH);
            case NODE_IDENTITY,
                    KUBERNETES_ADMIN,
                    KUBERNETES_SUPER_ADMIN,
                    CSR_KUBELET_CLIENT,
                    CSR_KUBELET_SERVING,
                    CSR_CLIENT,
                    SERVER_TLS,
                    OPERATOR -> Optional.empty();
        };
    }

    /** The CA bundles that a node with these roles reads, by the name the server gives each. */
    public Map<String, Path> bundles(Set<NodeRole> roles) {
        boolean controlPlane = roles.contains(NodeRole.CONTROL_PLANE);
        Map<String, Path> bundles = new LinkedHashMap<>();
        bundles.put("kubernetes", clusterAuthority());
        bundles.put("clients", under("pki/client-ca.crt"));
        if (controlPlane || roles.contains(NodeRole.ETCD)) {
            bundles.put("etcd", etcdAuthority());
        }
        if (controlPlane) {
            bundles.put("front-proxy", under("pki/front-proxy-ca.crt"));
            bundles.put("agents", under("certfleet/gate/ca.crt"));
        }
        return bundles;
    }

    /** What kubeconfigs trust the API server by. */
    public Path clusterAuthority() {
        return under("pki/ca.crt");
    }

    /** What etcd, its members and its clients trust each other by. */
    public Path etcdAuthority() {
        return under("pki/etcd/ca.crt");
    }

    public Path serviceAccountKey() {
        return under("pki/sa.key");
    }

    public Path serviceAccountPublicKey() {
        return under("pki/sa.pub");
    }

    /** Where the kubeconfig that refers to files is, where the one of that name has everything in it. */
    public Path reloading(Path kubeconfig) {
        return under("certfleet/kubeconfig").resolve(kubeconfig.getFileName().toString());
    }

    /** The kubelet's drop-in, alone in a folder that can be its {@code --config-dir}. */
    public Path kubeletConfiguration() {
        return under("certfleet/kubelet/50-certfleet.conf");
    }

    /** Where the revocation gate's files are. */
    public Path gateFolder() {
        return under("certfleet/gate");
    }

    /** The CRL that etcd reads. */
    public Path etcdCrl() {
        return paths.etcdCrl().orElseGet(() -> under("pki/etcd/crl.der"));
    }

    /** Nobody but the agent reads it. */
    private Files canary() {
        Path folder = paths.state().resolve("etcd");
        return new Files(
                folder.resolve("canary.crt"),
                folder.resolve("canary.key"),
                Optional.empty(),
                Optional.empty(),
                EACH_HANDSHAKE);
    }

    private Path under(String name) {
        return paths.kubernetes().resolve(name);
    }

    private Optional<Files> files(ProfileName profile, String name, Readers readers) {
        PathSettings.Files set = paths.files().getOrDefault(profile, PathSettings.Files.DEFAULT);
        return Optional.of(new Files(
                set.certificate().orElseGet(() -> under(name + ".crt")),
                set.key().orElseGet(() -> under(name + ".key")),
                set.kubeconfig(),
                set.owner(),
                readers));
    }

    private Optional<Files> withKubeconfig(ProfileName profile, String name, String kubeconfig) {
        return files(profile, name, EACH_HANDSHAKE)
                .map(files -> new Files(
                        files.certificate(),
                        files.key(),
                        Optional.of(files.kubeconfig().orElseGet(() -> under(kubeconfig))),
                        files.owner(),
                        files.readers()));
    }
}
