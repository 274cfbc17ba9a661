package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A whole control plane, the real one, from what agents published and nothing else: etcd, kube-apiserver,
 * kube-controller-manager, kube-scheduler and kubelet; a second control-plane node that joins by booting; kubeadm, which
 * takes all of it for its own.
 */
class ZeroTouchIT {
    private static final String KUBEADM = "kubernetes: {kubeadm: true}\n";
    private static final Duration SERVED = Duration.ofSeconds(5);

    private final Path folder = WorkFolder.of(ZeroTouchIT.class);
    private final Binaries binaries = Binaries.find();

    @Test
    void everyComponentOfAClusterLivesFromWhatTheAgentsPublished() throws IOException {
        try (var cluster = RunningCluster.start(folder);
                var controllerManager = ControlPlanePart.controllerManager(binaries, cluster.controlPlane());
                var scheduler = ControlPlanePart.scheduler(binaries, cluster.controlPlane());
                var runtime = Containerd.start(cluster.controlPlane().node(), folder.resolve("containerd"));
                var kubelet = Kubelet.start(
                        binaries,
                        cluster.controlPlane().awaitPublished("certfleet/kubelet/50-certfleet.conf"),
                        runtime,
                        folder.resolve("kubelet"))) {
            cluster.bindAdminsByBreakGlass();
            var admin = adminOf(cluster.controlPlane());
            holdTheirLeases(admin);
            aKubeletIsRegistered(admin, kubelet);
            hasTheFilesOfKubeadm(cluster.controlPlane());
            servesANewNameWithinSeconds(cluster);
            aSecondControlPlaneNodeJoins(cluster, admin);
            assertThat(controllerManager.process().isAlive()).isTrue();
            assertThat(scheduler.process().isAlive()).isTrue();
        }
    }

    private Kubectl adminOf(NodeAgent agent) {
        return new Kubectl(binaries, agent.node(), agent.files().kubeconfig("admin.conf"));
    }

    private static void holdTheirLeases(Kubectl admin) {
        for (var name : List.of("kube-controller-manager", "kube-scheduler")) {
            Await.until(
                    name + " holds its lease",
                    Duration.ofSeconds(60),
                    () -> admin.run(
                                    "get",
                                    "lease",
                                    name,
                                    "--namespace=kube-system",
                                    "--output=jsonpath={.spec.holderIdentity}")
                            .stdout()
                            .contains("_"));
        }
        Await.until(
                "the controllers made the first service account",
                Duration.ofSeconds(60),
                () -> admin.run("get", "serviceaccount", "default", "--namespace=default")
                        .succeeded());
    }

    private static void aKubeletIsRegistered(Kubectl admin, Kubelet kubelet) {
        Await.until(
                "the node has registered",
                Duration.ofSeconds(60),
                () -> admin.run("get", "node", "cp-1").succeeded());
        Await.until(
                "its lease is renewed",
                Duration.ofSeconds(30),
                () -> admin.run("get", "lease", "cp-1", "--namespace=kube-node-lease")
                        .succeeded());
        assertThat(kubelet.process().isAlive()).isTrue();
    }

    /** Of the table of a kubeadm control plane, by path and mode; no CA key, and no system:masters. */
    private static void hasTheFilesOfKubeadm(NodeAgent agent) throws IOException {
        for (var pair : List.of(
                "apiserver",
                "apiserver-kubelet-client",
                "apiserver-etcd-client",
                "front-proxy-client",
                "etcd/server",
                "etcd/peer",
                "etcd/healthcheck-client")) {
            assertThat(mode(agent.files().pki(pair + ".crt"))).as(pair).isEqualTo("rw-r--r--");
            assertThat(mode(agent.files().pki(pair + ".key"))).as(pair).isEqualTo("rw-------");
        }
        for (var name : List.of("ca.crt", "front-proxy-ca.crt", "etcd/ca.crt")) {
            assertThat(mode(agent.files().pki(name))).as(name).isEqualTo("rw-r--r--");
        }
        for (var name : List.of("sa.key", "sa.pub")) {
            assertThat(mode(agent.files().pki(name))).as(name).isEqualTo("rw-------");
        }
        for (var name : List.of("admin.conf", "controller-manager.conf", "scheduler.conf", "kubelet.conf")) {
            assertThat(mode(agent.files().kubeconfig(name))).as(name).isEqualTo("rw-------");
            assertThat(agent.files().kubeconfig(name)).content().contains("client-certificate: ");
        }
        assertThat(agent.files().kubeconfig("super-admin.conf")).doesNotExist();
        try (Stream<Path> all = Files.walk(agent.files().folder())) {
            assertThat(all.map(Path::getFileName).map(Path::toString)).doesNotContain("ca.key", "front-proxy-ca.key");
        }
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private static void servesANewNameWithinSeconds(RunningCluster cluster) {
        assertThat(cluster.servedNames()).doesNotContain("api.new.example.org");
        long began = System.nanoTime();
        cluster.operator()
                .patch("/clusters/" + RunningCluster.CLUSTER, Map.of("extraNames", List.of("api.new.example.org")))
                .expect(200);
        Await.until(
                "kube-apiserver serves the new name",
                SERVED,
                () -> cluster.servedNames().contains("api.new.example.org"));
        System.out.println("a new name is served " + (System.nanoTime() - began) / 1_000_000
                + " ms after it was sent to the server");
    }

    private void aSecondControlPlaneNodeJoins(RunningCluster cluster, Kubectl admin) throws IOException {
        var second = cluster.addControlPlane("cp-2", KUBEADM)
                .awaitPublished(
                        "pki/apiserver.crt",
                        "pki/apiserver-kubelet-client.crt",
                        "pki/apiserver-etcd-client.crt",
                        "pki/front-proxy-client.crt",
                        "pki/etcd/ca.crt",
                        "pki/etcd/healthcheck-client.crt",
                        "pki/sa.key",
                        "pki/sa.pub",
                        "admin.conf",
                        "super-admin.conf",
                        "controller-manager.conf",
                        "scheduler.conf",
                        "certfleet/kubeconfig/scheduler.conf",
                        "kubelet.conf",
                        "certfleet/gate/authorization.yaml");
        assertThat(second.files().pki("sa.key"))
                .hasSameBinaryContentAs(cluster.controlPlane().files().pki("sa.key"));
        assertThat(second.files().pki("sa.pub"))
                .hasSameBinaryContentAs(cluster.controlPlane().files().pki("sa.pub"));

        var other = cluster.startApiServer(second);
        takesATokenOf(admin, other.url(), cluster);
        takesATokenOf(adminOf(second), cluster.kubeApiserver().url(), cluster);
        isAcceptedByKubeadm(second, cluster.kubeApiserver().address());
    }

    /** 403 says that it knows who asks, and that RBAC grants nothing. */
    private static void takesATokenOf(Kubectl maker, String server, RunningCluster cluster) {
        String token = maker.run("create", "token", "default", "--namespace=default")
                .orFail()
                .stdout()
                .strip();
        String answer = Command.of(
                        "curl",
                        "--silent",
                        "--cacert",
                        cluster.authority().toString(),
                        "--header",
                        "Authorization: Bearer " + token,
                        server + "/api/v1/namespaces/kube-system/secrets")
                .run()
                .orFail()
                .stdout();
        assertThat(answer).contains("system:serviceaccount:default:default", "\"code\": 403");
    }

    private void isAcceptedByKubeadm(NodeAgent agent, String endpoint) throws IOException {
        var kubeadm = new Kubeadm(
                binaries, agent.node(), agent.files(), endpoint + ":" + KubeApiserver.PORT, folder.resolve("kubeadm"));
        byte[] before = Files.readAllBytes(agent.files().pki("apiserver.crt"));

        assertThat(kubeadm.phase("certs", "all").orFail().output())
                .contains(
                        "Using existing ca keyless certificate authority",
                        "Using existing apiserver certificate and key on disk",
                        "Using existing apiserver-kubelet-client certificate and key on disk",
                        "Using existing front-proxy-client certificate and key on disk",
                        "Using existing etcd/server certificate and key on disk",
                        "Using existing etcd/peer certificate and key on disk",
                        "Using existing etcd/healthcheck-client certificate and key on disk",
                        "Using existing apiserver-etcd-client certificate and key on disk",
                        "Using existing sa keys")
                .doesNotContain("Generating");
        assertThat(kubeadm.phase("kubeconfig", "all").orFail().output())
                .contains(
                        "External CA mode: Using user provided admin.conf",
                        "External CA mode: Using user provided super-admin.conf",
                        "External CA mode: Using user provided kubelet.conf",
                        "External CA mode: Using user provided controller-manager.conf",
                        "External CA mode: Using user provided scheduler.conf");
        String expiration = kubeadm.checkExpiration().orFail().output();
        assertThat(expiration).doesNotContain("MISSING");
        for (var name : List.of(
                "admin.conf",
                "apiserver",
                "apiserver-etcd-client",
                "apiserver-kubelet-client",
                "controller-manager.conf",
                "etcd-healthcheck-client",
                "etcd-peer",
                "etcd-server",
                "front-proxy-client",
                "scheduler.conf",
                "super-admin.conf")) {
            assertThat(expiration.lines().filter(line -> line.startsWith(name + " ")))
                    .as(expiration)
                    .singleElement()
                    .asString()
                    .containsPattern("2[89]d .*yes|30d .*yes");
        }
        assertThat(Files.readAllBytes(agent.files().pki("apiserver.crt"))).isEqualTo(before);
    }
}
