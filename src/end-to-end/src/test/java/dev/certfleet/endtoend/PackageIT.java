package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The agent as its users get it: a Debian package on a machine that systemd runs, with its settings in one file and its token in another. etcd
 * and kube-apiserver are systemd services there, as of people who do without kubeadm; the agent restarts them where
 * only that helps, after a reboot they start from what is there, and the package goes again without a trace on the cluster.
 */
class PackageIT {
    private static final String CLUSTER = "packaged";
    private static final KubernetesFolder FILES = new KubernetesFolder(Path.of("/etc/kubernetes"));
    private static final String AGENT = "certfleet-agent";
    private static final List<String> COMPONENTS = List.of("etcd", "kube-apiserver");
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path folder = WorkFolder.of(PackageIT.class);
    private final Binaries binaries = Binaries.find();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void aMachineLivesFromThePackage() {
        String built = Command.of("../../deploy/debian/build", "--output", folder.toString())
                .run()
                .orFail()
                .stdout()
                .strip();
        try (var network = NodeNetwork.create(folder.resolve("logs"));
                var node = network.node("vm-1");
                var server = CertfleetServer.start(
                        folder.resolve("server"), network.hostAddress(), folder.resolve("logs/server.log"));
                var machine = SystemdMachine.boot(
                        node,
                        folder.resolve("disk"),
                        folder.resolve("logs/vm-1.log"),
                        List.of(folderOf("etcd"), folderOf("kube-apiserver"), folder))) {
            configure(server, machine);

            machine.command("dpkg", "--install", built).run().orFail();

            // The package starts the agent, and that counts as started after its first round.
            assertThat(machine.property(AGENT, "ActiveState")).isEqualTo("active");
            assertThat(machine.file("etc/kubernetes/pki/apiserver.crt")).exists();
            startComponents(machine);
            isWell(machine);
            restartsWhatOnlyARestartHelps(server, machine);
            startsInOrderAfterAReboot(machine);
            isUpgradedAndRemovedWithoutATrace(machine, built);
        }
    }

    private Path folderOf(String program) {
        return Path.of(binaries.path(program)).resolveSibling("");
    }

    /** What cloud-init writes before it installs the package. */
    private void configure(CertfleetServer server, SystemdMachine machine) {
        var node = machine.node();
        server.firstOperator().makeCluster(CLUSTER, node, server, Map.of());
        String token = server.firstOperator().token(CLUSTER, node, "control-plane", "etcd");
        machine.write("etc/certfleet/agent.yaml", """
                server:
                  addresses: ["%s"]
                  caFingerprint: "sha256:%s"
                enrolment:
                  tokenFile: /etc/certfleet/enrolment-token
                renewal: {pollInterval: 2s}
                """.formatted(server.url(), openSsl.fingerprint(server.authority())));
        machine.write("etc/certfleet/enrolment-token", token);
        machine.command("chmod", "600", "/etc/certfleet/enrolment-token").run().orFail();
    }

    private void startComponents(SystemdMachine machine) {
        var node = machine.node();
        var crl = FILES.pki("etcd/crl.der");
        unit(
                machine,
                "etcd",
                Command.concat(
                        Etcd.arguments(binaries, node, FILES, Path.of("/var/lib/etcd"), List.of(node)),
                        List.of("--client-crl-file=" + crl, "--peer-crl-file=" + crl)),
                "");
        unit(
                machine,
                "kube-apiserver",
                KubeApiserver.arguments(
                        binaries,
                        node,
                        FILES,
                        Etcd.urlOf(node),
                        NodeAgent.apiServerArguments(FILES, Path.of("/var/log/kubernetes/audit/audit.log"))),
                "After=etcd.service");
        machine.command("systemctl", "daemon-reload").run().orFail();
        for (var component : COMPONENTS) {
            var started =
                    machine.command("systemctl", "enable", "--now", component).run();
            assertThat(started.succeeded())
                    .as(started + "\n" + machine.journal(component))
                    .isTrue();
        }
    }

    /** Both say themselves when they are ready. */
    private static void unit(SystemdMachine machine, String name, List<String> argv, String order) {
        machine.write("etc/systemd/system/" + name + ".service", """
                [Unit]
                %s
                [Service]
                Type=notify
                ExecStart=%s
                Restart=always
                [Install]
                WantedBy=multi-user.target
                """.formatted(order, String.join(" ", argv)));
    }

    private void isWell(SystemdMachine machine) {
        Await.until(
                "kube-apiserver is ready",
                LIMIT,
                () -> KubeApiserver.isReady(machine.node(), new KubernetesFolder(machine.file("etc/kubernetes"))));
        Await.until("the agent finds nothing to complain of", LIMIT, () -> {
            var status = machine.command("ca-agent", "status").run();
            if (!status.succeeded()) {
                throw new IllegalStateException(status.toString());
            }
            return true;
        });
    }

    private static void restartsWhatOnlyARestartHelps(CertfleetServer server, SystemdMachine machine) {
        List<String> before = processes(machine);

        new Rotations(CLUSTER, server::firstOperator).rotate(Duration.ofMinutes(3), "etcd");

        assertThat(processes(machine)).doesNotContainAnyElementsOf(before);
        for (var component : COMPONENTS) {
            assertThat(machine.journal(AGENT))
                    .contains("restarting " + component + ",", component + " is well after its restart");
            assertThat(machine.property(component, "NRestarts"))
                    .as("how often it ended by itself")
                    .isEqualTo("0");
        }
    }

    private static List<String> processes(SystemdMachine machine) {
        List<String> pids = new ArrayList<>();
        COMPONENTS.forEach(component -> pids.add(machine.property(component, "MainPID")));
        return pids;
    }

    private void startsInOrderAfterAReboot(SystemdMachine machine) {
        machine.reboot();
        isWell(machine);
        assertThat(startedAt(machine, "etcd")).isGreaterThanOrEqualTo(startedAt(machine, AGENT));
        assertThat(startedAt(machine, "kube-apiserver")).isGreaterThanOrEqualTo(startedAt(machine, "etcd"));
        assertThat(machine.property("etcd", "NRestarts")).isEqualTo("0");
        assertThat(Duration.of(
                        startedAt(machine, AGENT)
                                - Long.parseLong(machine.property(AGENT, "ExecMainStartTimestampMonotonic")),
                        ChronoUnit.MICROS))
                .as("others wait for its first round, and no longer: 30 s is where they give up")
                .isLessThan(Duration.ofSeconds(25));
    }

    /** When it was up, in microseconds since the boot. */
    private static long startedAt(SystemdMachine machine, String unit) {
        return Long.parseLong(machine.property(unit, "ActiveEnterTimestampMonotonic"));
    }

    private void isUpgradedAndRemovedWithoutATrace(SystemdMachine machine, String built) {
        List<String> before = processes(machine);
        machine.command("systemctl", "stop", AGENT).run().orFail();
        assertThat(machine.property(AGENT, "Result")).isEqualTo("success");
        machine.command("systemctl", "start", AGENT).run().orFail();
        String agent = machine.property(AGENT, "MainPID");

        machine.command("dpkg", "--install", built).run().orFail();
        assertThat(machine.property(AGENT, "MainPID")).isNotEqualTo(agent);
        isWell(machine);
        machine.command("dpkg", "--purge", AGENT).run().orFail();

        assertThat(machine.property(AGENT, "ActiveState")).isEqualTo("inactive");
        assertThat(machine.file("var/lib/certfleet")).doesNotExist();
        assertThat(Files.exists(machine.file("etc/kubernetes/pki/apiserver.key")))
                .isTrue();
        assertThat(processes(machine)).isEqualTo(before);
        assertThat(KubeApiserver.isReady(machine.node(), new KubernetesFolder(machine.file("etc/kubernetes"))))
                .isTrue();
    }
}
