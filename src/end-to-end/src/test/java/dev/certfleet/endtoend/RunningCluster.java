package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * A cluster that lives from certfleet's certificates, on nodes that are network namespaces, and what operators and users do
 * with it. Its two nodes enrol by token at boot; etcd and kube-apiserver are started with nothing but what the agent
 * published.
 */
final class RunningCluster implements AutoCloseable {
    static final String CLUSTER = "prod";

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final Path folder;
    private final Binaries binaries = Binaries.find();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);
    private final List<CertfleetServer> servers;
    private final Operator operator;
    private final NodeNetwork network;
    private final NetworkNamespace controlPlaneNode;
    private final NodeAgent controlPlane;
    private final NodeAgent worker;
    private final KubeApiserver kubeApiserver;
    private Etcd etcd;

    private RunningCluster(Path folder, boolean two, String controlPlaneSettings) {
        this.folder = folder;
        try {
            this.network = closing(NodeNetwork.create(folder.resolve("logs")));
            this.controlPlaneNode = closing(network.node("cp-1"));
            NetworkNamespace workerNode = closing(network.node("worker-1"));
            this.servers = two
                    ? CertfleetServer.startTwo(
                            folder,
                            network.hostAddress(),
                            folder.resolve("logs"),
                            closing(SharedPostgres.start(folder)))
                    : List.of(CertfleetServer.start(
                            folder.resolve("server"), network.hostAddress(), folder.resolve("logs/server.log")));
            servers.forEach(this::closing);
            this.operator = server().firstOperator();
            operator.makeCluster(CLUSTER, controlPlaneNode, server(), Map.of());
            this.controlPlane = closing(boot(controlPlaneNode, List.of("control-plane", "etcd"), controlPlaneSettings))
                    .awaitControlPlane("kubelet.conf");
            this.worker = closing(boot(workerNode, List.of("worker")))
                    .awaitPublished("pki/ca.crt", "pki/kubelet-client.crt", "pki/kubelet.crt", "kubelet.conf");
            this.etcd = startEtcd();
            this.kubeApiserver = startApiServer(controlPlane);
        } catch (RuntimeException | AssertionError e) {
            close();
            throw e;
        }
    }

    static RunningCluster start(Path folder) {
        return start(folder, "");
    }

    /** @param controlPlaneSettings further settings of the control-plane node's agent, YAML */
    static RunningCluster start(Path folder, String controlPlaneSettings) {
        return new RunningCluster(folder, false, controlPlaneSettings);
    }

    /** With two servers on one PostgreSQL; the agents know both. */
    static RunningCluster startWithTwoServers(Path folder) {
        return new RunningCluster(folder, true, "");
    }

    private <T extends AutoCloseable> T closing(T part) {
        parts.push(part);
        return part;
    }

    private NodeAgent boot(NetworkNamespace node, List<String> roles) {
        return boot(node, roles, "");
    }

    private NodeAgent boot(NetworkNamespace node, List<String> roles, String further) {
        return NodeAgent.boot(
                node,
                folder.resolve("disk-" + node.name()),
                servers,
                operator.token(CLUSTER, node, roles.toArray(String[]::new)),
                fingerprint(server().authority()),
                further);
    }

    /**
     * A kube-apiserver on that node, on the first one's etcd, with nothing but what the agent published there.
     *
     * @param furtherArguments added to kubeadm's, or instead of one of the same name
     */
    KubeApiserver startApiServer(NodeAgent agent, String... furtherArguments) {
        List<String> further = List.of(furtherArguments);
        return closing(KubeApiserver.start(
                binaries,
                agent.node(),
                agent.files(),
                etcd,
                Command.concat(agent.apiServerArguments(), further).toArray(String[]::new)));
    }

    /** Another control-plane node, which joins by booting. */
    NodeAgent addControlPlane(String name, String furtherSettings) {
        return closing(boot(closing(network.node(name)), List.of("control-plane", "etcd"), furtherSettings));
    }

    private Etcd startEtcd() {
        Path crl = controlPlane.files().pki("etcd/crl.der");
        return closing(Etcd.start(
                binaries,
                controlPlaneNode,
                controlPlane.files(),
                folder.resolve("etcd"),
                "--client-crl-file=" + crl,
                "--peer-crl-file=" + crl));
    }

    /**
     * The API server keeps its etcd connections. This takes etcd away, listens in its place until the API server connects,
     * and brings etcd back with its data.
     *
     * @return the serial of the client certificate that the API server presented
     */
    String serialPresentedToEtcd() {
        etcd.close();
        String presented = InPlaceOfEtcd.serialPresented(openSsl, controlPlaneNode, controlPlane.files());
        etcd = startEtcd();
        return presented;
    }

    /** The only one, or the first of two. */
    CertfleetServer server() {
        return servers.getFirst();
    }

    /** The second of two. */
    CertfleetServer otherServer() {
        return servers.getLast();
    }

    Operator operator() {
        return operator;
    }

    NodeAgent controlPlane() {
        return controlPlane;
    }

    NodeAgent worker() {
        return worker;
    }

    /** A machine beside the nodes, where a user sits. */
    NetworkNamespace machine(String name) {
        return closing(network.node(name));
    }

    /** Another worker, enrolled and with its certificates. */
    NodeAgent addWorker(String name) {
        return closing(boot(closing(network.node(name)), List.of("worker")))
                .awaitPublished("pki/ca.crt", "pki/kubelet-client.crt", "kubelet.conf");
    }

    KubeApiserver kubeApiserver() {
        return kubeApiserver;
    }

    Path folder() {
        return folder;
    }

    /** The first binding of a new cluster can only be made by system:masters, who exists for an hour and is then gone. */
    void bindAdminsByBreakGlass() throws IOException {
        ClientIdentity superAdmin = issue("kubernetes-super-admin", "super-admin", Map.of("lifetime", "PT1H"));
        Await.until(
                "the break-glass authority is in the client bundle",
                Duration.ofMinutes(1),
                () -> kubectl(superAdmin)
                        .run(
                                "create",
                                "clusterrolebinding",
                                "admins",
                                "--clusterrole=cluster-admin",
                                "--group=kubeadm:cluster-admins")
                        .succeeded());
    }

    /** A key made here and a certificate that the operator issues for it. */
    ClientIdentity issue(String profile, String name, Map<String, String> further) throws IOException {
        return users().issue(profile, name, further);
    }

    ClientIdentity identity(String name) {
        return users().identity(name);
    }

    private Users users() {
        return new Users(folder.resolve("users"), operator, openSsl, CLUSTER, authority());
    }

    /** A copy of a node's pair as it is now: what somebody who took it has. */
    ClientIdentity saved(NodeAgent node, String name) throws IOException {
        Path users = Files.createDirectories(folder.resolve("users"));
        for (String ending : new String[] {".crt", ".key"}) {
            Files.copy(
                    node.files().pki(name + ending), users.resolve(name + ending), StandardCopyOption.REPLACE_EXISTING);
        }
        return identity(name);
    }

    Kubectl kubectl(ClientIdentity identity) {
        String name = identity.certificate().getFileName().toString().replace(".crt", ".conf");
        return Kubectl.as(binaries, folder.resolve("users").resolve(name), kubeApiserver.url(), identity);
    }

    /** The cluster's Kubernetes authority, as published. */
    Path authority() {
        return controlPlane.files().pki("ca.crt");
    }

    String servedNames() {
        return openSsl.servedNames(kubeApiserver.address(), KubeApiserver.PORT, authority());
    }

    String servedSerial() {
        return openSsl.servedSerial(kubeApiserver.address(), KubeApiserver.PORT, authority());
    }

    String fingerprint(Path certificate) {
        return openSsl.fingerprint(certificate);
    }

    OpenSsl.OcspAnswer ocsp(Path certificate) {
        return openSsl.ocsp(server().statusUrl().resolve("/ocsp"), authority(), certificate);
    }

    /** The CRL, fetched from where the certificate says it is, once it lists the certificate. */
    Path crlWith(Path certificate) {
        Path crl = folder.resolve("users/kubernetes.crl");
        String serial = openSsl.serialOf(certificate);
        URI url = URI.create(openSsl.text(certificate)
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("URI:http") && line.endsWith(".crl"))
                .findFirst()
                .orElseThrow()
                .substring("URI:".length()));
        Await.until("the CRL lists " + serial, Duration.ofSeconds(10), () -> {
            try (InputStream body = url.toURL().openStream()) {
                Files.copy(body, crl, StandardCopyOption.REPLACE_EXISTING);
            }
            return openSsl.run("crl", "-inform", "DER", "-in", crl, "-noout", "-text")
                    .orFail()
                    .stdout()
                    .toLowerCase(java.util.Locale.ROOT)
                    .contains(serial.toLowerCase(java.util.Locale.ROOT));
        });
        return crl;
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                System.err.println("while ending the cluster: " + e);
            }
        }
    }
}
