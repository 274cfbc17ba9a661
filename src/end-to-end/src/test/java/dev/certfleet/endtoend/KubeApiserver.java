package dev.certfleet.endtoend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A kube-apiserver started as kubeadm starts it, with nothing but the files it is given. */
final class KubeApiserver implements AutoCloseable {
    static final int PORT = 6443;

    private final RunningProcess process;
    private final String address;

    private KubeApiserver(RunningProcess process, String address) {
        this.process = process;
        this.address = address;
    }

    /**
     * Starts it and returns when it says that it is ready.
     *
     * @param furtherArguments added to kubeadm's, or instead of one of the same name. An {@code --authorization-config}
     *     stands instead of kubeadm's {@code --authorization-mode}.
     */
    static KubeApiserver start(
            Binaries binaries, NetworkNamespace node, KubernetesFolder files, Etcd etcd, String... furtherArguments) {
        var process = node.start(
                "kube-apiserver", arguments(binaries, node, files, etcd.url(), List.of(furtherArguments)), Map.of());
        var server = new KubeApiserver(process, node.address());
        process.awaitReady(Duration.ofSeconds(90), () -> isReady(node, files));
        return server;
    }

    /** How it is started; {@code further} as in {@link #start}. */
    static List<String> arguments(
            Binaries binaries, NetworkNamespace node, KubernetesFolder files, String etcd, List<String> further) {
        var argv = new ArrayList<>(List.of(binaries.path("kube-apiserver")));
        kubeadmArguments(node, files, etcd)
                .filter(argument -> further.stream().noneMatch(other -> replaces(other, argument)))
                .forEach(argv::add);
        argv.addAll(further);
        return argv;
    }

    /** Anybody may ask for readyz, and it is answered before anything else is. */
    static boolean isReady(NetworkNamespace node, KubernetesFolder files) {
        return node.command(
                        "curl",
                        "--silent",
                        "--fail",
                        "--cacert",
                        files.pki("ca.crt").toString(),
                        "https://" + node.address() + ":" + PORT + "/readyz")
                .run()
                .succeeded();
    }

    private static Stream<String> kubeadmArguments(NetworkNamespace node, KubernetesFolder files, String etcd) {
        return Stream.of(
                "--advertise-address=" + node.address(),
                "--allow-privileged=true",
                "--authorization-mode=Node,RBAC",
                "--client-ca-file=" + files.pki("ca.crt"),
                "--enable-admission-plugins=NodeRestriction",
                "--enable-bootstrap-token-auth=true",
                "--etcd-cafile=" + files.pki("etcd/ca.crt"),
                "--etcd-certfile=" + files.pki("apiserver-etcd-client.crt"),
                "--etcd-keyfile=" + files.pki("apiserver-etcd-client.key"),
                "--etcd-servers=" + etcd,
                "--kubelet-client-certificate=" + files.pki("apiserver-kubelet-client.crt"),
                "--kubelet-client-key=" + files.pki("apiserver-kubelet-client.key"),
                "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
                "--proxy-client-cert-file=" + files.pki("front-proxy-client.crt"),
                "--proxy-client-key-file=" + files.pki("front-proxy-client.key"),
                "--requestheader-allowed-names=front-proxy-client",
                "--requestheader-client-ca-file=" + files.pki("front-proxy-ca.crt"),
                "--requestheader-extra-headers-prefix=X-Remote-Extra-",
                "--requestheader-group-headers=X-Remote-Group",
                "--requestheader-username-headers=X-Remote-User",
                "--secure-port=" + PORT,
                "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
                "--service-account-key-file=" + files.pki("sa.pub"),
                "--service-account-signing-key-file=" + files.pki("sa.key"),
                "--service-cluster-ip-range=10.96.0.0/12",
                "--tls-cert-file=" + files.pki("apiserver.crt"),
                "--tls-private-key-file=" + files.pki("apiserver.key"));
    }

    private static boolean replaces(String further, String argument) {
        return flag(further).equals(flag(argument))
                || (flag(further).equals("--authorization-config")
                        && flag(argument).equals("--authorization-mode"));
    }

    private static String flag(String argument) {
        return argument.split("=", 2)[0];
    }

    String url() {
        return "https://" + address + ":" + PORT;
    }

    String address() {
        return address;
    }

    RunningProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
