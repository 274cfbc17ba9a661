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
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final Path folder = WorkFolder.of(KubernetesHarnessIT.class);
    private final Binaries binaries = Binaries.find();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void runsAControlPlaneThatIsUsedAllTheTimeWhileItsCertificateIsSwapped() {
        try (var network = NodeNetwork.create(folder.resolve("logs"));
                var controlPlane = network.node("cp-1")) {
            var files = new KubernetesFolder(folder.resolve("etc/kubernetes"));
            var pki = ThrowAwayPki.make(files, controlPlane);
            try (var etcd = Etcd.start(binaries, controlPlane, files, folder.resolve("etcd"));
                    var server = KubeApiserver.start(binaries, controlPlane, files, etcd)) {
                var superAdmin = kubectl(files, server, "super-admin");
                superAdmin
                        .run(
                                "create",
                                "clusterrolebinding",
                                "admins",
                                "--clusterrole=cluster-admin",
                                "--group=kubeadm:cluster-admins")
                        .orFail();

                var admin = kubectl(files, server, "admin");
                assertThat(admin.run("get", "namespaces", "--output=name")
                                .orFail()
                                .stdout())
                        .contains("namespace/default");
                assertThat(kubectl(files, server, "kubelet").run("get", "secrets", "-A"))
                        .matches(refused -> !refused.succeeded())
                        .extracting(Command.Result::stderr)
                        .asString()
                        .contains("Forbidden");

                try (var traffic = ApiTraffic.start(server, identity(files, "admin"), LIMIT)) {
                    assertThat(servedSerial(server, files)).isEqualTo(openSsl.serialOf(files.pki("apiserver.crt")));

                    pki.renewApiserver(controlPlane);
                    Await.until(
                            "the new certificate is served",
                            Duration.ofSeconds(10),
                            () -> servedSerial(server, files).equals(openSsl.serialOf(files.pki("apiserver.crt"))));
                    traffic.awaitMore(20);

                    assertThat(traffic.report().failures())
                            .as(() -> traffic.report().toString())
                            .isZero();

                    server.process().kill();
                    for (var kind : ApiTraffic.Kind.values()) {
                        Await.until(
                                "the traffic notices",
                                Duration.ofSeconds(10),
                                () -> traffic.report().firstFailures().stream()
                                        .anyMatch(failure -> failure.contains(kind.name())));
                    }
                }
            }
        }
    }

    private String servedSerial(KubeApiserver server, KubernetesFolder files) {
        return openSsl.servedSerial(server.address(), KubeApiserver.PORT, files.pki("ca.crt"));
    }

    private Kubectl kubectl(KubernetesFolder files, KubeApiserver server, String name) {
        return Kubectl.as(binaries, files.kubeconfig(name + ".conf"), server.url(), identity(files, name));
    }

    private static ClientIdentity identity(KubernetesFolder files, String name) {
        return new ClientIdentity(files.pki("ca.crt"), files.pki(name + ".crt"), files.pki(name + ".key"));
    }
}
