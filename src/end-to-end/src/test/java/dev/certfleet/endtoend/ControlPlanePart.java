package dev.certfleet.endtoend;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A kube-controller-manager or kube-scheduler, started as kubeadm starts them but for CA keys, which no node has. */
final class ControlPlanePart implements AutoCloseable {
    static final int CONTROLLER_MANAGER_PORT = 10257;
    static final int SCHEDULER_PORT = 10259;

    private final RunningProcess process;

    private ControlPlanePart(RunningProcess process) {
        this.process = process;
    }

    static ControlPlanePart controllerManager(Binaries binaries, NodeAgent agent) {
        return start(agent.node(), CONTROLLER_MANAGER_PORT, controllerManagerArguments(binaries, agent.files()));
    }

    static List<String> controllerManagerArguments(Binaries binaries, KubernetesFolder files) {
        var conf = files.kubeconfig("controller-manager.conf");
        return List.of(
                binaries.path("kube-controller-manager"),
                "--authentication-kubeconfig=" + conf,
                "--authorization-kubeconfig=" + conf,
                "--kubeconfig=" + conf,
                "--bind-address=127.0.0.1",
                "--client-ca-file=" + files.pki("client-ca.crt"),
                "--requestheader-client-ca-file=" + files.pki("front-proxy-ca.crt"),
                "--root-ca-file=" + files.pki("ca.crt"),
                "--service-account-private-key-file=" + files.pki("sa.key"),
                "--use-service-account-credentials=true",
                "--leader-elect=true");
    }

    static ControlPlanePart scheduler(Binaries binaries, NodeAgent agent) {
        return scheduler(binaries, agent.node(), agent.files());
    }

    static ControlPlanePart scheduler(Binaries binaries, NetworkNamespace node, KubernetesFolder files) {
        return start(node, SCHEDULER_PORT, schedulerArguments(binaries, files));
    }

    static List<String> schedulerArguments(Binaries binaries, KubernetesFolder files) {
        var conf = files.kubeconfig("scheduler.conf");
        return List.of(
                binaries.path("kube-scheduler"),
                "--authentication-kubeconfig=" + conf,
                "--authorization-kubeconfig=" + conf,
                "--kubeconfig=" + conf,
                "--bind-address=127.0.0.1",
                "--leader-elect=true");
    }

    private static ControlPlanePart start(NetworkNamespace node, int port, List<String> argv) {
        String name = java.nio.file.Path.of(argv.getFirst()).getFileName().toString();
        var process = node.start(name, argv, Map.of());
        process.awaitReady(Duration.ofSeconds(60), () -> isHealthy(node, port));
        return new ControlPlanePart(process);
    }

    static boolean isHealthy(NetworkNamespace node, int port) {
        return node.command("curl", "--silent", "--insecure", "--fail", "https://127.0.0.1:" + port + "/healthz")
                .run()
                .succeeded();
    }

    RunningProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
