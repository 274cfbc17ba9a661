package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * The whole product once through, against the real Kubernetes: from an empty folder to a kube-apiserver that refuses a
 * revoked certificate. Two nodes enrol by token at boot; etcd and kube-apiserver start with nothing but what the agent
 * published.
 */
class RunningCaIT {
    private static final Duration LIMIT = Duration.ofMinutes(8);
    private static final String CLUSTER = "prod";

    private final Path folder = WorkFolder.of(RunningCaIT.class);
    private final Binaries binaries = Binaries.find();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void revokedCertificatesAreRefusedWhileEverythingElseGoesOn() throws IOException {
        try (var network = NodeNetwork.create(folder.resolve("logs"));
                var controlPlaneNode = network.node("cp-1");
                var workerNode = network.node("worker-1");
                var server = CertfleetServer.start(
                        folder.resolve("server"), network.hostAddress(), folder.resolve("logs/server.log"))) {
            var operator = server.firstOperator();
            var apiServer = "https://" + controlPlaneNode.address() + ":" + KubeApiserver.PORT;
            operator.post(
                            "/clusters",
                            Map.of(
                                    "name",
                                    CLUSTER,
                                    "controlPlaneEndpoint",
                                    controlPlaneNode.address() + ":" + KubeApiserver.PORT,
                                    "statusUrl",
                                    server.statusUrl().toString()))
                    .expect(201);

            try (var controlPlane =
                            boot(controlPlaneNode, server, operator, apiServer, List.of("control-plane", "etcd"));
                    var worker = boot(workerNode, server, operator, apiServer, List.of("worker"))) {
                controlPlane.awaitPublished(
                        "pki/ca.crt",
                        "pki/client-ca.crt",
                        "pki/apiserver.crt",
                        "pki/apiserver-kubelet-client.crt",
                        "pki/apiserver-etcd-client.crt",
                        "pki/front-proxy-client.crt",
                        "pki/front-proxy-ca.crt",
                        "pki/etcd/ca.crt",
                        "pki/etcd/server.crt",
                        "pki/etcd/peer.crt",
                        "pki/etcd/healthcheck-client.crt",
                        "pki/sa.key",
                        "pki/sa.pub",
                        "controller-manager.conf",
                        "scheduler.conf",
                        "kubelet.conf",
                        "certfleet/gate/gate.crt",
                        "certfleet/gate/webhook.kubeconfig",
                        "certfleet/gate/authorization.yaml");
                worker.awaitPublished("pki/ca.crt", "pki/kubelet-client.crt", "pki/kubelet.crt", "kubelet.conf");

                try (var etcd = Etcd.start(binaries, controlPlaneNode, controlPlane.files(), folder.resolve("etcd"));
                        var kubeApiserver = KubeApiserver.start(
                                binaries,
                                controlPlaneNode,
                                controlPlane.files(),
                                etcd,
                                "--client-ca-file=" + controlPlane.files().pki("client-ca.crt"),
                                "--authorization-config=" + controlPlane.authorizationConfiguration())) {
                    var cluster = new RunningCluster(
                            folder, binaries, openSsl, server, operator, controlPlane, worker, kubeApiserver);
                    bindAdminsByBreakGlass(cluster);
                    swapsUnderTraffic(cluster);
                    try (var again =
                            newEtcdClientCertificateIsUsedFromTheNextConnectionOn(cluster, controlPlaneNode, etcd)) {
                        assertThat(again.process().isAlive()).isTrue();
                        refusesWhatIsRevoked(cluster);
                        refusesWhatWasSignedBehindTheServersBack(cluster);
                    }
                }
            }
        }
    }

    private NodeAgent boot(
            NetworkNamespace node, CertfleetServer server, Operator operator, String apiServer, List<String> roles) {
        String token = operator.post(
                        "/clusters/" + CLUSTER + "/enrolment-tokens",
                        Map.of("nodeNamePattern", node.name(), "roles", roles, "expiresIn", "PT10M"))
                .expect(201)
                .path("token")
                .asString();
        String pin = openSsl.run("x509", "-in", server.authority(), "-noout", "-fingerprint", "-sha256")
                .orFail()
                .stdout()
                .strip()
                .replaceAll("^.*=", "")
                .replace(":", "")
                .toLowerCase(java.util.Locale.ROOT);
        return NodeAgent.boot(node, folder.resolve("disk-" + node.name()), server, token, apiServer, pin);
    }

    /** The first binding of a new cluster can only be made by system:masters, who exists for an hour and is then gone. */
    private static void bindAdminsByBreakGlass(RunningCluster cluster) throws IOException {
        var superAdmin = cluster.issue("kubernetes-super-admin", "super-admin", Map.of("lifetime", "PT1H"));
        Await.until(
                "the break-glass authority is in the client bundle",
                Duration.ofSeconds(40),
                () -> cluster.kubectl(superAdmin)
                        .run(
                                "create",
                                "clusterrolebinding",
                                "admins",
                                "--clusterrole=cluster-admin",
                                "--group=kubeadm:cluster-admins")
                        .succeeded());
    }

    private void swapsUnderTraffic(RunningCluster cluster) throws IOException {
        var admin = cluster.issue("kubernetes-admin", "admin", Map.of());
        assertThat(cluster.kubectl(admin)
                        .run("get", "namespaces", "--output=name")
                        .orFail()
                        .stdout())
                .contains("namespace/default");
        long pid = cluster.kubeApiserver().process().pid();
        try (var traffic = ApiTraffic.start(cluster.kubeApiserver(), admin, LIMIT)) {
            var files = cluster.controlPlane().files();

            String before = cluster.servedSerial();
            cluster.controlPlane().renew("kube-apiserver");
            Await.until(
                    "the API server serves the new certificate",
                    Duration.ofSeconds(30),
                    () -> !cluster.servedSerial().equals(before));
            assertThat(cluster.servedSerial()).isEqualTo(openSsl.serialOf(files.pki("apiserver.crt")));

            String oldClient = openSsl.serialOf(files.pki("apiserver-etcd-client.crt"));
            cluster.controlPlane().renew("kube-apiserver-etcd-client");
            Await.until(
                    "the new etcd client certificate is published",
                    Duration.ofSeconds(30),
                    () -> !openSsl.serialOf(files.pki("apiserver-etcd-client.crt"))
                            .equals(oldClient));
            traffic.awaitMore(20);
            assertThat(traffic.report().failures())
                    .as(() -> traffic.report().toString())
                    .isZero();
        }
        assertThat(cluster.kubeApiserver().process().isAlive()).isTrue();
        assertThat(cluster.kubeApiserver().process().pid()).isEqualTo(pid);
    }

    /**
     * The API server keeps its etcd connections. The test takes etcd away, listens in its place until the API server
     * connects, and looks at the certificate that it presents; then etcd comes back with its data.
     */
    private Etcd newEtcdClientCertificateIsUsedFromTheNextConnectionOn(
            RunningCluster cluster, NetworkNamespace node, Etcd etcd) {
        var files = cluster.controlPlane().files();
        etcd.close();
        String presented = InPlaceOfEtcd.serialPresented(openSsl, node, files);
        assertThat(presented).isEqualTo(openSsl.serialOf(files.pki("apiserver-etcd-client.crt")));
        Etcd again = Etcd.start(binaries, node, files, folder.resolve("etcd"));
        Await.until(
                "the API server has its etcd again",
                Duration.ofSeconds(60),
                () -> cluster.kubectl(cluster.identity("admin"))
                        .run("get", "namespaces")
                        .succeeded());
        return again;
    }

    private void refusesWhatIsRevoked(RunningCluster cluster) throws IOException {
        var admin = cluster.identity("admin");
        var other = cluster.issue("kubernetes-admin", "other-admin", Map.of());
        var kubelet = cluster.saved(cluster.worker(), "kubelet-client");
        assertThat(cluster.kubectl(kubelet).run("get", "node", "worker-1").stderr())
                .as("a kubelet may ask for its node, which does not exist yet")
                .contains("NotFound");
        for (var revoked : List.of(admin, kubelet)) {
            String id = cluster.fingerprint(revoked.certificate());
            assertThat(cluster.ocsp(revoked.certificate()).status()).isEqualTo("good");

            cluster.operator().revoke(id, "privilegeWithdrawn");
            Duration delay =
                    Await.until("kube-apiserver refuses " + revoked.certificate(), Duration.ofSeconds(10), () -> {
                        String refusal =
                                cluster.kubectl(revoked).run("get", "nodes").stderr();
                        return refusal.contains("Forbidden") && refusal.contains("certificate revoked");
                    });
            System.out.println(
                    "refused " + delay.toMillis() + " ms after the revocation's answer, kubectl's start included");

            var answer = cluster.ocsp(revoked.certificate());
            assertThat(answer.status()).isEqualTo("revoked");
            assertThat(answer.verified()).isTrue();
            Path crl = cluster.crlWith(revoked.certificate());
            assertThat(openSsl.verifyWithCrl(cluster.authority(), crl, revoked.certificate())
                                    .stderr()
                            + openSsl.verifyWithCrl(cluster.authority(), crl, revoked.certificate())
                                    .stdout())
                    .contains("certificate revoked");
        }
        cluster.kubectl(other).run("get", "namespaces").orFail();
        assertThat(openSsl.ocspOfSerial(
                                cluster.server().statusUrl().resolve("/ocsp"),
                                cluster.authority(),
                                "0x00112233445566778899aabbccddeeff")
                        .status())
                .as("a serial that was never issued")
                .isEqualTo("unauthorized");
    }

    private static void refusesWhatWasSignedBehindTheServersBack(RunningCluster cluster) throws IOException {
        var forged = StolenAuthority.forge(cluster, "kubernetes-admin", "kubeadm:cluster-admins");
        Await.until("a certificate that was never issued is refused", Duration.ofSeconds(10), () -> {
            String refusal = cluster.kubectl(forged).run("get", "namespaces").stderr();
            return refusal.contains("Forbidden");
        });
        String id = cluster.fingerprint(forged.certificate());
        Await.until("an alarm is raised", Duration.ofSeconds(10), () -> {
            JsonNode events =
                    cluster.operator().get("/audit-events?type=alarm-raised").expect(200);
            return events.path("items").toString().contains(id);
        });
    }
}
