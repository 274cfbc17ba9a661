package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What a revocation does at the kubelet, the real one: at its own port, which asks kube-apiserver, and to a kubelet whose own
 * certificate is revoked.
 */
class KubeletEnforcementIT {
    /** What the agent sets by default, {@code kubelet.cacheFor}. */
    private static final Duration CACHE = Duration.ofSeconds(5);

    private static final Duration SLACK = Duration.ofSeconds(3);
    private static final String DROP_IN = "certfleet/kubelet/50-certfleet.conf";
    private static final String SERVICE_ACCOUNT = """
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: default, namespace: default}
            """;
    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata: {name: sleeper, namespace: default}
            spec:
              nodeName: worker-1
              hostNetwork: true
              automountServiceAccountToken: false
              containers:
              - {name: sleeper, image: "certfleet.test/busybox:1", imagePullPolicy: Never}
            """;

    private final Path folder = WorkFolder.of(KubeletEnforcementIT.class);
    private final Binaries binaries = Binaries.find();

    @Test
    void aRevocationCountsAtTheKubeletToo() throws IOException {
        try (var cluster = RunningCluster.start(folder);
                var workerRuntime = Containerd.start(cluster.worker().node(), folder.resolve("worker"));
                var worker = kubelet(cluster.worker(), workerRuntime);
                var controlPlaneRuntime =
                        Containerd.start(cluster.controlPlane().node(), folder.resolve("control-plane"));
                var controlPlane = kubelet(cluster.controlPlane(), controlPlaneRuntime)) {
            cluster.bindAdminsByBreakGlass();
            refusesBreakGlassAndNobody(cluster, worker);
            var admin = cluster.issue("kubernetes-admin", "admin", Map.of());
            var other = cluster.issue("kubernetes-admin", "other-admin", Map.of());
            runPod(cluster, other);
            holdsAnExecSession(cluster, other);
            execOfARevokedUserEnds(cluster, other);
            refusesARevokedAdminWithinTheCacheTime(cluster, worker, admin, other);
            aRevokedKubeletLosesItsLease(cluster, worker, controlPlane, other);
        }
    }

    private Kubelet kubelet(NodeAgent agent, Containerd containerd) {
        agent.awaitPublished(DROP_IN, "pki/kubelet.crt", "pki/kubelet-client.crt", "kubelet.conf");
        return Kubelet.start(
                binaries,
                agent,
                containerd,
                folder.resolve("kubelet-" + agent.node().name()));
    }

    /** The certificate that kube-apiserver takes for system:masters in this very minute. */
    private static void refusesBreakGlassAndNobody(RunningCluster cluster, Kubelet kubelet) {
        var superAdmin = cluster.identity("super-admin");
        assertThat(cluster.kubectl(superAdmin).run("get", "namespaces").succeeded())
                .isTrue();
        assertThat(status(
                        cluster,
                        kubelet,
                        "--cert",
                        superAdmin.certificate().toString(),
                        "--key",
                        superAdmin.key().toString()))
                .isEqualTo("401");
        assertThat(status(cluster, kubelet)).isEqualTo("401");
    }

    private static String status(RunningCluster cluster, Kubelet kubelet, String... identity) {
        return Command.of(Command.concat(
                        java.util.List.of(
                                "curl",
                                "--silent",
                                "--show-error",
                                "--output",
                                "/dev/null",
                                "--write-out",
                                "%{http_code}",
                                "--cacert",
                                cluster.authority().toString(),
                                "https://" + kubelet.address() + ":" + Kubelet.PORT + "/pods"),
                        java.util.List.of(identity)))
                .run()
                .orFail()
                .stdout();
    }

    private static void runPod(RunningCluster cluster, ClientIdentity admin) {
        var kubectl = cluster.kubectl(admin);
        Await.until(
                "both nodes have registered",
                Duration.ofSeconds(30),
                () -> kubectl.run("get", "nodes", "worker-1", "cp-1").succeeded());
        kubectl.apply(SERVICE_ACCOUNT).orFail();
        kubectl.apply(POD).orFail();
        Await.until(
                "the pod runs",
                Duration.ofSeconds(60),
                () -> kubectl.run("get", "pod", "sleeper", "--output=jsonpath={.status.phase}")
                        .stdout()
                        .equals("Running"));
    }

    /** Through kube-apiserver, which trusts the kubelet by its serving certificate and is trusted by its client certificate. */
    private void holdsAnExecSession(RunningCluster cluster, ClientIdentity admin) {
        try (var session = exec(cluster, "user-1", admin)) {
            assertThat(session.lives()).as(session::complaints).isTrue();
        }
    }

    /** Each sits alone at an address, so that the gate can tell whose connections to cut. */
    private void execOfARevokedUserEnds(RunningCluster cluster, ClientIdentity other) throws IOException {
        var leaver = cluster.issue("kubernetes-admin", "leaver", Map.of());
        try (var ending = exec(cluster, "user-2", leaver);
                var going = exec(cluster, "user-3", other)) {
            cluster.operator().revoke(cluster.fingerprint(leaver.certificate()), "privilegeWithdrawn");
            Duration delay = Await.until(
                    "the exec session of a revoked user ends", Duration.ofSeconds(10), () -> !ending.lives());
            System.out.println(
                    "a revoked user's exec session ended " + delay.toMillis() + " ms after the revocation's answer");
            assertThat(going.lives()).as(going::complaints).isTrue();
        }
    }

    private ExecSession exec(RunningCluster cluster, String machine, ClientIdentity user) {
        return ExecSession.open(
                binaries, cluster.machine(machine), cluster.kubectl(user).kubeconfig(), "sleeper");
    }

    private static void refusesARevokedAdminWithinTheCacheTime(
            RunningCluster cluster, Kubelet kubelet, ClientIdentity admin, ClientIdentity other) throws IOException {
        try (var revoked = ApiConnection.open(kubelet.address(), Kubelet.PORT, admin);
                var untouched = ApiConnection.open(kubelet.address(), Kubelet.PORT, other)) {
            assertThat(revoked.get("/pods").body()).contains("sleeper");
            assertThat(untouched.get("/pods").status()).isEqualTo(200);

            cluster.operator().revoke(cluster.fingerprint(admin.certificate()), "privilegeWithdrawn");
            Duration delay = Await.until("the kubelet's port refuses", CACHE.plus(SLACK), () -> {
                assertThat(untouched.get("/pods").status()).isEqualTo(200);
                return revoked.get("/pods").status() == 403;
            });
            System.out.println(
                    "refused at the kubelet's port " + delay.toMillis() + " ms after the revocation's answer");
            assertThat(untouched.get("/pods").status()).isEqualTo(200);
        }
    }

    private static void aRevokedKubeletLosesItsLease(
            RunningCluster cluster, Kubelet worker, Kubelet controlPlane, ClientIdentity admin) throws IOException {
        var kubectl = cluster.kubectl(admin);
        var stolen = cluster.saved(cluster.worker(), "kubelet-client");
        awaitRenewals(kubectl, "worker-1", 1);

        cluster.operator().revoke(cluster.fingerprint(stolen.certificate()), "privilegeWithdrawn");
        Await.until(
                "the worker's lease is refused",
                Duration.ofSeconds(15),
                () -> worker.process()
                        .output()
                        .lines()
                        .anyMatch(line ->
                                line.contains("leases.coordination.k8s.io") && line.contains("certificate revoked")));
        String last = renewTime(kubectl, "worker-1");
        awaitRenewals(kubectl, "cp-1", 4);

        assertThat(renewTime(kubectl, "worker-1")).isEqualTo(last);
        assertThat(worker.process().isAlive()).isTrue();
        assertThat(controlPlane.process().output()).doesNotContain("certificate revoked");
    }

    private static void awaitRenewals(Kubectl kubectl, String node, int renewals) {
        for (int i = 0; i < renewals; i++) {
            String before = renewTime(kubectl, node);
            Await.until(
                    "the lease of " + node + " is renewed",
                    Duration.ofSeconds(15),
                    () -> !renewTime(kubectl, node).equals(before));
        }
    }

    private static String renewTime(Kubectl kubectl, String node) {
        return kubectl.run("get", "lease", node, "--namespace=kube-node-lease", "--output=jsonpath={.spec.renewTime}")
                .orFail()
                .stdout();
    }
}
