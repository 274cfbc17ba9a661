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

    private final Path folder = WorkFolder.of(RunningCaIT.class);
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void revokedCertificatesAreRefusedWhileEverythingElseGoesOn() throws IOException {
        try (var cluster = RunningCluster.start(folder)) {
            cluster.bindAdminsByBreakGlass();
            swapsUnderTraffic(cluster);
            newEtcdClientCertificateIsUsedFromTheNextConnectionOn(cluster);
            refusesWhatIsRevoked(cluster);
            refusesWhatWasSignedBehindTheServersBack(cluster);
        }
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

    private void newEtcdClientCertificateIsUsedFromTheNextConnectionOn(RunningCluster cluster) {
        String published = openSsl.serialOf(cluster.controlPlane().files().pki("apiserver-etcd-client.crt"));
        assertThat(cluster.serialPresentedToEtcd()).isEqualTo(published);
        Await.until(
                "the API server has its etcd again",
                Duration.ofMinutes(1),
                () -> cluster.kubectl(cluster.identity("admin"))
                        .run("get", "namespaces")
                        .succeeded());
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
                                "00112233445566778899aabbccddeeff")
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
