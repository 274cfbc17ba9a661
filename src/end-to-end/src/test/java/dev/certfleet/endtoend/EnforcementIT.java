package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * What a revocation does at a real kube-apiserver while the gate is well, hangs, is dead and starts again; what it ends that was
 * established before; and what the audit log shows that no webhook sees.
 */
class EnforcementIT {
    private static final Duration WITHIN = Duration.ofSeconds(10);
    /** The webhook's timeout is one second; the rest is what a busy machine adds. */
    private static final long HANGING_GATE_MILLIS = 1500;

    private final Path folder = WorkFolder.of(EnforcementIT.class);

    @Test
    void revocationsBite() throws Exception {
        try (var cluster = RunningCluster.start(folder)) {
            cluster.bindAdminsByBreakGlass();
            endsWhatARevokedNodeHasOpen(cluster);
            endsWhatARevokedUserHasOpen(cluster);
            seesAStolenKeyInTheAuditLogAndNoInventedReview(cluster);
            refusesWhileTheGateHangsAndIsDead(cluster);
        }
    }

    private void endsWhatARevokedNodeHasOpen(RunningCluster cluster) throws IOException {
        var other = cluster.addWorker("worker-2");
        var kubelet = cluster.saved(cluster.worker(), "kubelet-client");
        var watch = watch(cluster, cluster.worker().node(), kubelet, "/api/v1/services");
        var others = watch(
                cluster,
                other.node(),
                new ClientIdentity(
                        cluster.authority(),
                        other.files().pki("kubelet-client.crt"),
                        other.files().pki("kubelet-client.key")),
                "/api/v1/services");

        cluster.operator().revoke(cluster.fingerprint(kubelet.certificate()), "privilegeWithdrawn");

        Duration took = Await.until("the revoked node's watch ends", WITHIN, () -> !watch.isAlive());
        System.out.println("a revoked node's watch ended after " + took.toMillis() + " ms");
        assertThat(others.isAlive()).as("another node's watch").isTrue();
        proved(cluster, 1);
        others.close();
    }

    private void endsWhatARevokedUserHasOpen(RunningCluster cluster) throws IOException {
        var alice = cluster.issue("kubernetes-admin", "alice", Map.of());
        var bob = cluster.issue("kubernetes-admin", "bob", Map.of());
        var desk = cluster.machine("desk");
        var shared = cluster.machine("shared");
        var alone = watch(cluster, desk, alice, "/api/v1/namespaces");
        var together = watch(cluster, shared, alice, "/api/v1/namespaces");
        var bobs = watch(cluster, shared, bob, "/api/v1/namespaces");

        cluster.operator().revoke(cluster.fingerprint(alice.certificate()), "privilegeWithdrawn");

        Duration took = Await.until("the watch from an address of its own ends", WITHIN, () -> !alone.isAlive());
        System.out.println("a revoked user's watch ended after " + took.toMillis() + " ms");
        assertThat(bobs.isAlive())
                .as("the watch of another user at a shared address")
                .isTrue();
        proved(cluster, 2);
        together.close();
        bobs.close();
    }

    private static RunningProcess watch(
            RunningCluster cluster, NetworkNamespace from, ClientIdentity identity, String what) {
        var watch = from.start(
                "watch-" + identity.certificate().getFileName() + "-" + System.nanoTime(),
                List.of(
                        "curl",
                        "--silent",
                        "--show-error",
                        "--no-buffer",
                        "--cacert",
                        identity.authority().toString(),
                        "--cert",
                        identity.certificate().toString(),
                        "--key",
                        identity.key().toString(),
                        cluster.kubeApiserver().url() + what + "?watch=true&timeoutSeconds=3600"),
                Map.of());
        return watch.awaitReady(Duration.ofSeconds(20), () -> watch.output().contains("\"ADDED\""));
    }

    /** The gate saw kube-apiserver refuse so many certificates. */
    private static void proved(RunningCluster cluster, int count) {
        Await.until(
                count + " refusals are proved",
                Duration.ofSeconds(10),
                () -> metric(cluster, "certfleet_gate_events_total{event=\"proof-review-denied\"}") >= count);
    }

    private static double metric(RunningCluster cluster, String name) {
        return cluster.controlPlane()
                .node()
                .command("curl", "--silent", "--fail", "http://127.0.0.1:9791/metrics")
                .run()
                .orFail()
                .stdout()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    private static void seesAStolenKeyInTheAuditLogAndNoInventedReview(RunningCluster cluster) throws IOException {
        String invented = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        var kubelet = new ClientIdentity(
                cluster.authority(),
                cluster.controlPlane().files().pki("kubelet-client.crt"),
                cluster.controlPlane().files().pki("kubelet-client.key"));
        try (var connection = ApiConnection.open(cluster.kubeApiserver().address(), KubeApiserver.PORT, kubelet)) {
            var answer = connection.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", """
                    {"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"x",
                     "extra":{"authentication.kubernetes.io/credential-id":["X509SHA256=%s"]},
                     "resourceAttributes":{"verb":"get","resource":"pods"}}}""".formatted(invented));
            assertThat(answer.status()).isEqualTo(201);
            assertThat(answer.body()).contains("\"denied\":true", "never issued");
        }

        var forged = StolenAuthority.forge(cluster, "root", "system:masters");
        try (var connection = ApiConnection.open(cluster.kubeApiserver().address(), KubeApiserver.PORT, forged)) {
            assertThat(connection.get("/api/v1/namespaces").status())
                    .as("system:masters is seen, not refused")
                    .isEqualTo(200);
        }

        String id = cluster.fingerprint(forged.certificate());
        Await.until(
                "an alarm is raised about the forged certificate",
                WITHIN,
                () -> alarms(cluster).contains(id));
        assertThat(alarms(cluster)).doesNotContain(invented);
    }

    private static String alarms(RunningCluster cluster) {
        return cluster.operator()
                .get("/audit-events?type=alarm-raised")
                .expect(200)
                .path("items")
                .toString();
    }

    private void refusesWhileTheGateHangsAndIsDead(RunningCluster cluster) throws Exception {
        var good = cluster.issue("kubernetes-admin", "good", Map.of());
        var revoked = cluster.issue("kubernetes-admin", "revoked", Map.of());
        assertThat(status(cluster, revoked)).isEqualTo(200);
        cluster.operator().revoke(cluster.fingerprint(revoked.certificate()), "keyCompromise");
        Await.until("it is refused", WITHIN, () -> status(cluster, revoked) == 403);
        Await.until(
                "kube-apiserver has the list",
                Duration.ofSeconds(90),
                () -> metric(cluster, "certfleet_gate_list_loaded") == 1
                        && metric(cluster, "certfleet_gate_list_certificates") >= 3);
        var passed = new AtomicBoolean();
        var goes = new AtomicBoolean(true);
        List<Integer> answers = new ArrayList<>();
        var all = Thread.ofVirtual().start(() -> {
            while (goes.get()) {
                try {
                    int status = status(cluster, revoked);
                    answers.add(status);
                    if (status < 400) {
                        passed.set(true);
                    }
                } catch (IOException e) {
                    // kube-apiserver did not answer: nobody was let in.
                }
            }
        });

        var agent = cluster.controlPlane().process();
        signal("STOP", agent);
        long slowest = 0;
        for (int i = 0; i < 10; i++) {
            long before = System.nanoTime();
            assertThat(status(cluster, good)).isEqualTo(200);
            slowest = Math.max(slowest, (System.nanoTime() - before) / 1_000_000);
        }
        System.out.println("slowest request while the gate hangs: " + slowest + " ms");
        assertThat(slowest).isLessThan(HANGING_GATE_MILLIS);
        Await.until("the list refuses, the gate hangs", WITHIN, () -> status(cluster, revoked) == 500);
        signal("CONT", agent);
        Await.until("the gate says why again", WITHIN, () -> status(cluster, revoked) == 403);

        agent.kill();
        assertThat(status(cluster, good)).isEqualTo(200);
        // At first kube-apiserver may repeat the gate's last answer
        Await.until("the list refuses, the gate is dead", WITHIN, () -> status(cluster, revoked) == 500);
        cluster.controlPlane().startAgain();
        Await.until("the gate is back", Duration.ofSeconds(30), () -> status(cluster, revoked) == 403);
        goes.set(false);
        all.join();

        assertThat(passed).as("a revoked certificate was let in: " + answers).isFalse();
        assertThat(answers).hasSizeGreaterThan(10);
        assertThat(Files.readString(cluster.controlPlane().authorizationConfiguration()))
                .contains(cluster.fingerprint(revoked.certificate()).substring(0, 32));
    }

    private static void signal(String name, RunningProcess process) {
        Command.of("kill", "-" + name, Long.toString(process.pid())).run().orFail();
    }

    private static int status(RunningCluster cluster, ClientIdentity identity) throws IOException {
        try (var connection = ApiConnection.open(cluster.kubeApiserver().address(), KubeApiserver.PORT, identity)) {
            return connection.get("/api/v1/namespaces").status();
        }
    }
}
