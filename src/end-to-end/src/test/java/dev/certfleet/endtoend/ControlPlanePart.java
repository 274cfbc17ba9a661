package dev.certfleet.endtoend;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A kube-controller-manager or kube-scheduler, started as kubeadm starts them but for CA keys, which no node has. */
final class ControlPlanePart implements AutoCloseable {
    private final RunningProcess process;

    private ControlPlanePart(RunningProcess process) {
        this.process = process;
    }

    static ControlPlanePart controllerManager(Binaries binaries, NodeAgent agent) {
        var files = agent.files();
        var conf = files.kubeconfig("controller-manager.conf");
        return start(
                agent,
                10257,
                List.of(
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
                        "--leader-elect=true"));
    }

    static ControlPlanePart scheduler(Binaries binaries, NodeAgent agent) {
        var conf = agent.files().kubeconfig("scheduler.conf");
        return start(
                agent,
                10259,
                List.of(
                        binaries.path("kube-scheduler"),
                        "--authentication-kubeconfig=" + conf,
                        "--authorization-kubeconfig=" + conf,
                        "--kubeconfig=" + conf,
                        "--bind-address=127.0.0.1",
                        "--leader-elect=true"));
    }

    private static ControlPlanePart start(NodeAgent agent, int port, List<String> argv) {
        String name = java.nio.file.Path.of(argv.getFirst()).getFileName().toString();
        var process = agent.node().start(name, argv, Map.of());
        process.awaitReady(
                Duration.ofSeconds(60),
                () -> agent.node()
                        .command("curl", "--silent", "--insecure", "--fail", "https://127.0.0.1:" + port + "/healthz")
                        .run()
                        .succeeded());
        return new ControlPlanePart(process);
    }

    RunningProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
