package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * A revocation is a promise with a receipt: two servers on one PostgreSQL, a real etcd and a real kube-apiserver. The call
 * answers when every door has been seen to refuse; what happens at one server is so at the other; and with one of them gone
 * the other revokes all the same.
 */
class EnforcedEverywhereIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Path folder = WorkFolder.of(EnforcedEverywhereIT.class);
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void aRevocationIsDoneWhenEveryDoorRefuses() throws IOException {
        try (var cluster = RunningCluster.startWithTwoServers(folder)) {
            cluster.bindAdminsByBreakGlass();
            aReceiptFillsInAsTheDoorsProveIt(cluster);
            oneServerRevokesWhatTheOtherIssued(cluster);
            etcdProvesItToo(cluster);
            quarantineShutsANodeOut(cluster);
            oneServerAloneGoesOn(cluster);
        }
    }

    private void aReceiptFillsInAsTheDoorsProveIt(RunningCluster cluster) throws IOException {
        var admin = cluster.issue("kubernetes-admin", "admin", Map.of());
        cluster.kubectl(admin).run("get", "namespaces").orFail();

        JsonNode receipt = revoke(cluster.operator(), cluster.fingerprint(admin.certificate()));

        assertThat(receipt.path("state").asString()).as(receipt::toString).isEqualTo("enforced");
        assertThat(doors(receipt)).contains("kube-apiserver cp-1 review-denied proved");
        assertThat(doors(receipt).stream().filter(door -> door.startsWith("replica")))
                .as("both servers were seen to answer revoked: %s", receipt)
                .hasSize(2)
                .allMatch(door -> door.endsWith("proved"));
        System.out.println("receipt: " + receipt);
        assertThat(cluster.kubectl(admin).run("get", "namespaces").stderr())
                .as("the receipt is true at the moment it is given")
                .contains("Forbidden", "certificate revoked");
    }

    private void oneServerRevokesWhatTheOtherIssued(RunningCluster cluster) throws IOException {
        var other = cluster.issue("kubernetes-admin", "second-admin", Map.of());
        var atTheOther = cluster.operator().at(cluster.otherServer());
        JsonNode receipt = revoke(atTheOther, cluster.fingerprint(other.certificate()));
        assertThat(receipt.path("state").asString()).as(receipt::toString).isEqualTo("enforced");
        for (var server : List.of(cluster.server(), cluster.otherServer())) {
            var answer = openSsl.ocsp(server.statusUrl().resolve("/ocsp"), cluster.authority(), other.certificate());
            assertThat(answer.status()).isEqualTo("revoked");
            assertThat(answer.verified()).isTrue();
        }
    }

    /** The API server's old etcd certificate: it has a new one, and goes on. */
    private void etcdProvesItToo(RunningCluster cluster) throws IOException {
        var files = cluster.controlPlane().files();
        String id = cluster.fingerprint(files.pki("apiserver-etcd-client.crt"));
        String old = openSsl.serialOf(files.pki("apiserver-etcd-client.crt"));
        cluster.controlPlane().renew("kube-apiserver-etcd-client");
        Await.until(
                "the new etcd client certificate is published",
                Duration.ofSeconds(30),
                () -> !openSsl.serialOf(files.pki("apiserver-etcd-client.crt")).equals(old));

        JsonNode receipt = revoke(cluster.operator(), id);

        assertThat(receipt.path("state").asString()).as(receipt::toString).isEqualTo("enforced");
        assertThat(doors(receipt)).contains("etcd cp-1 connection-refused proved");
        var admin = cluster.issue("kubernetes-admin", "admin-after-etcd", Map.of());
        cluster.kubectl(admin).run("get", "namespaces").orFail();
    }

    private static void quarantineShutsANodeOut(RunningCluster cluster) throws IOException {
        var kubelet = cluster.saved(cluster.worker(), "kubelet-client");
        assertThat(cluster.kubectl(kubelet).run("get", "node", "worker-1").stderr())
                .contains("NotFound");
        String path = "/clusters/" + RunningCluster.CLUSTER + "/nodes/worker-1/quarantine";
        JsonNode dryRun =
                cluster.operator().post(path + "?dryRun=true", Map.of()).expect(200);
        cluster.operator()
                .post(path, Map.of("confirmation", dryRun.path("confirmation").asString()))
                .expect(200);
        Await.until(
                "the node's kubelet is refused",
                LIMIT,
                () -> cluster.kubectl(kubelet)
                        .run("get", "node", "worker-1")
                        .stderr()
                        .contains("certificate revoked"));
    }

    private static void oneServerAloneGoesOn(RunningCluster cluster) throws IOException {
        var admin = cluster.issue("kubernetes-admin", "third-admin", Map.of());
        cluster.kubectl(admin).run("get", "namespaces").orFail();
        cluster.server().process().kill();
        cluster.operator()
                .at(cluster.otherServer())
                .revoke(cluster.fingerprint(admin.certificate()), "privilegeWithdrawn");
        Await.until(
                "kube-apiserver refuses",
                LIMIT,
                () -> cluster.kubectl(admin).run("get", "namespaces").stderr().contains("certificate revoked"));
    }

    private static JsonNode revoke(Operator operator, String id) {
        return operator.post("/revocations?wait=10s", Map.of("certificate", id, "reason", "privilegeWithdrawn"))
                .expect(201)
                .path("receipt");
    }

    private static List<String> doors(JsonNode receipt) {
        return StreamSupport.stream(receipt.path("doors").spliterator(), false)
                .map(door ->
                        door.path("kind").asString() + " " + door.path("name").asString() + " "
                                + door.path("evidence").asString() + " "
                                + door.path("state").asString())
                .toList();
    }
}
