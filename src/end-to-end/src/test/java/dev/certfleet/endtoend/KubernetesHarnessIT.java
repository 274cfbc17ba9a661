package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * The harness itself, with certificates that OpenSSL made: when this fails, the fault is the machine's or the harness's, not
 * certfleet's.
 */
class KubernetesHarnessIT {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String NEW_KIND = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: probes.test.certfleet.dev}
            spec:
              group: test.certfleet.dev
              scope: Cluster
              names: {kind: Probe, plural: probes, singular: probe}
              versions:
              - name: v1
                served: true
                storage: true
                schema: {openAPIV3Schema: {type: object}}
            """;

    private final Path folder = WorkFolder.of(KubernetesHarnessIT.class);
    private final KubernetesFolder files = new KubernetesFolder(folder.resolve("etc/kubernetes"));
    private final Binaries binaries = Binaries.find();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void runsAControlPlaneThatIsUsedAllTheTimeWhileItsCertificateIsSwapped() {
        try (var network = NodeNetwork.create(folder.resolve("logs"));
                var controlPlane = network.node("cp-1")) {
            var pki = ThrowAwayPki.make(files, controlPlane);
            try (var etcd = Etcd.start(binaries, controlPlane, files, folder.resolve("etcd"));
                    var server = KubeApiserver.start(binaries, controlPlane, files, etcd)) {
                letAdminsBeAdmins(server);
                refusesWhoMayNot(server);

                try (var traffic = ApiTraffic.start(server, identity("admin"), Duration.ofMinutes(3))) {
                    pki.renewApiserver(controlPlane);
                    Await.until(
                            "the new certificate is served",
                            SOON,
                            () -> openSsl.servedSerial(server.address(), KubeApiserver.PORT, files.pki("ca.crt"))
                                    .equals(openSsl.serialOf(files.pki("apiserver.crt"))));
                    makeKubeApiserverConnectToEtcdAnew(server, controlPlane);
                    traffic.awaitMore(20);
                    assertThat(traffic.report()).returns(0, ApiTraffic.Report::failures);

                    server.process().kill();
                    for (var kind : ApiTraffic.Kind.values()) {
                        Await.until(
                                "the traffic notices: " + kind,
                                SOON,
                                () -> traffic.report().firstFailures().stream()
                                        .anyMatch(failure -> failure.startsWith(kind.name())));
                    }
                }
            }
        }
    }

    /** The group has no rights of its own: kubeadm, too, gives it them with a credential of system:masters. */
    private void letAdminsBeAdmins(KubeApiserver server) {
        kubectl(server, "super-admin")
                .run(
                        "create",
                        "clusterrolebinding",
                        "admins",
                        "--clusterrole=cluster-admin",
                        "--group=kubeadm:cluster-admins")
                .orFail();
        assertThat(kubectl(server, "admin")
                        .run("get", "namespaces", "--output=name")
                        .orFail()
                        .stdout())
                .contains("namespace/default");
    }

    private void refusesWhoMayNot(KubeApiserver server) {
        assertThat(kubectl(server, "kubelet").run("get", "secrets", "--all-namespaces"))
                .returns(false, Command.Result::succeeded)
                .extracting(Command.Result::stderr)
                .asString()
                .contains("Forbidden");
    }

    /**
     * Each kind of resource is stored over a connection of its own, made when the kind is first asked for. So a test sees the
     * client certificate in use that is there now, and nothing that goes on is disturbed.
     */
    private void makeKubeApiserverConnectToEtcdAnew(KubeApiserver server, NetworkNamespace controlPlane) {
        var admin = kubectl(server, "admin");
        var before = controlPlane.connectionsTo(Etcd.CLIENT_PORT);
        admin.apply(NEW_KIND).orFail();
        Await.until(
                "the new kind is served", SOON, () -> admin.run("get", "probes").succeeded());
        assertThat(controlPlane.connectionsTo(Etcd.CLIENT_PORT)).hasSizeGreaterThan(before.size());
    }

    private Kubectl kubectl(KubeApiserver server, String name) {
        return Kubectl.as(binaries, files.kubeconfig(name + ".conf"), server.url(), identity(name));
    }

    private ClientIdentity identity(String name) {
        return new ClientIdentity(files.pki("ca.crt"), files.pki(name + ".crt"), files.pki(name + ".key"));
    }
}
