package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The real agent, from its image, on a node; the folder stands for the node's own disk. */
final class NodeAgent implements AutoCloseable {
    private static final List<String> CONTROL_PLANE_FILES = List.of(
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
            "pki/etcd/crl.der",
            "pki/sa.key",
            "pki/sa.pub",
            "controller-manager.conf",
            "scheduler.conf",
            "certfleet/gate/gate.crt",
            "certfleet/gate/webhook.kubeconfig",
            "certfleet/gate/authorization.yaml");

    private static final Path PROGRAM = Path.of("../../ca-agent/target/image/bin/ca-agent");

    private final NetworkNamespace node;
    private final Path disk;
    private volatile RunningProcess process;

    private NodeAgent(NetworkNamespace node, Path disk, RunningProcess process) {
        this.node = node;
        this.disk = disk;
        this.process = process;
    }

    /** Boots the node: settings and token are on its disk, and nobody does anything more. */
    static NodeAgent boot(
            NetworkNamespace node, Path disk, List<CertfleetServer> servers, String token, String authority) {
        return boot(node, disk, servers, token, authority, "");
    }

    /** @param further settings, YAML */
    static NodeAgent boot(
            NetworkNamespace node,
            Path disk,
            List<CertfleetServer> servers,
            String token,
            String authority,
            String further) {
        install(node, disk, servers, token, authority, further);
        return start(node, disk, PastClock.NONE);
    }

    /** Runs one of its commands where it is installed. */
    static Command.Result command(NetworkNamespace node, Path disk, String... arguments) {
        return node.command(Command.concat(
                                List.of(program()),
                                Command.concat(List.of(arguments), List.of("--settings", settings(disk))))
                        .toArray(String[]::new))
                .run();
    }

    /** Starts what was installed, by that clock. */
    static NodeAgent start(NetworkNamespace node, Path disk, PastClock clock) {
        return new NodeAgent(node, disk, startProcess(node, disk, clock));
    }

    /** Puts settings and token on the node's disk, and starts nothing. */
    static void install(
            NetworkNamespace node,
            Path disk,
            List<CertfleetServer> servers,
            String token,
            String authority,
            String further) {
        try {
            Files.createDirectories(disk);
            Path tokenFile = disk.resolve("token");
            Files.writeString(tokenFile, token);
            Files.setPosixFilePermissions(tokenFile, PosixFilePermissions.fromString("rw-------"));
            Files.writeString(
                    disk.resolve("agent.yaml"),
                    """
                    server:
                      addresses: [%s]
                      caFingerprint: sha256:%s
                    enrolment:
                      tokenFile: %s
                    node:
                      name: %s
                      addresses: [%s]
                    paths:
                      kubernetes: %s
                      state: %s
                    control:
                      socket: %s
                    gate:
                      auditLog: %s
                    """.formatted(
                                            servers.stream()
                                                    .map(server -> server.url().toString())
                                                    .collect(Collectors.joining(", ")),
                                            authority,
                                            tokenFile,
                                            node.name(),
                                            node.address(),
                                            disk.resolve("etc/kubernetes"),
                                            disk.resolve("var/lib/certfleet"),
                                            socket(node),
                                            auditLog(disk))
                            + further);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Not on its disk: the kernel takes no more than 107 characters, and a checkout may be far down. */
    static Path socket(NetworkNamespace node) {
        return Path.of(System.getProperty("java.io.tmpdir"), node.namespace() + ".sock");
    }

    private static RunningProcess startProcess(NetworkNamespace node, Path disk, PastClock clock) {
        if (!Files.isExecutable(PROGRAM)) {
            throw new AssertionError("there is no agent at " + PROGRAM + "; run mvn package");
        }
        return node.start("ca-agent", List.of(program(), "run", "--settings", settings(disk)), clock.environment());
    }

    private static String program() {
        return PROGRAM.toAbsolutePath().normalize().toString();
    }

    private static String settings(Path disk) {
        return disk.resolve("agent.yaml").toString();
    }

    NetworkNamespace node() {
        return node;
    }

    KubernetesFolder files() {
        return new KubernetesFolder(disk.resolve("etc/kubernetes"));
    }

    /** The gate's file that kube-apiserver is started with. */
    Path authorizationConfiguration() {
        return disk.resolve("etc/kubernetes/certfleet/gate/authorization.yaml");
    }

    /** Where the agent expects kube-apiserver's audit log. */
    Path auditLog() {
        return auditLog(disk);
    }

    private static Path auditLog(Path disk) {
        return disk.resolve("var/log/kubernetes/audit/audit.log").toAbsolutePath();
    }

    /** What kube-apiserver is started with besides what kubeadm gives it. */
    List<String> apiServerArguments() {
        return apiServerArguments(files(), auditLog());
    }

    /** The same where the files are {@code files} and the audit log is to be there. */
    static List<String> apiServerArguments(KubernetesFolder files, Path auditLog) {
        Path gate = files.folder().resolve("certfleet/gate");
        return List.of(
                "--client-ca-file=" + files.pki("client-ca.crt"),
                "--kubelet-certificate-authority=" + files.pki("ca.crt"),
                "--authorization-config=" + gate.resolve("authorization.yaml"),
                "--audit-policy-file=" + gate.resolve("audit-policy.yaml"),
                "--audit-log-path=" + auditLog,
                "--audit-log-maxsize=100",
                "--audit-log-maxbackup=2",
                "--shutdown-watch-termination-grace-period=5s");
    }

    /** Starts it again after it ended or was killed. */
    void startAgain() {
        process = startProcess(node, disk, PastClock.NONE);
    }

    /** Waits until everything of a control-plane node with etcd is published that its components start from, and more. */
    NodeAgent awaitControlPlane(String... further) {
        return awaitPublished(
                Command.concat(CONTROL_PLANE_FILES, List.of(further)).toArray(String[]::new));
    }

    /** Waits until everything that the node's roles ask for is published. */
    NodeAgent awaitPublished(String... files) {
        Await.until("the agent on " + node.name() + " has published everything", Duration.ofSeconds(90), () -> {
            if (!process.isAlive()) {
                throw new AssertionError("the agent on " + node.name() + " ended:\n" + process.lastWords());
            }
            return List.of(files).stream()
                    .allMatch(
                            file -> Files.exists(disk.resolve("etc/kubernetes").resolve(file)));
        });
        return this;
    }

    /** Asks the running agent to renew a certificate now. */
    void renew(String profile) {
        node.command(program(), "renew", profile, "--settings", settings(disk))
                .run()
                .orFail();
    }

    /** The same, whatever else needs attention on the node. */
    void tryRenew(String profile) {
        node.command(program(), "renew", profile, "--settings", settings(disk)).run();
    }

    JsonNode status() {
        return JsonMapper.builder()
                .build()
                .readTree(node.command(program(), "status", "--settings", settings(disk), "-o", "json")
                        .run()
                        .orFail()
                        .stdout());
    }

    /** What the status says of one certificate. */
    JsonNode certificate(String profile) {
        for (JsonNode line : status().path("certificates")) {
            if (line.path("profile").asString().equals(profile)) {
                return line;
            }
        }
        throw new AssertionError("the agent on " + node.name() + " holds no " + profile);
    }

    RunningProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
        try {
            Files.deleteIfExists(socket(node));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
