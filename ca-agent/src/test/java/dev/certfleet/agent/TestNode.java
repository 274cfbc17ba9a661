package dev.certfleet.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import picocli.CommandLine;

/** A machine of its own under a folder: settings, token, state, /etc/kubernetes. */
final class TestNode {
    final Path folder;
    final Path kubernetes;
    final Path state;
    final FakeServer server;
    final FakeClock clock;
    private String before = "";
    private String enrolment = "tokenFile: %FOLDER/token";
    private String more = "gate: {enabled: false}\netcd: {enabled: false}\ncomponents: {enabled: false}\n";

    TestNode(Path folder, FakeServer server, FakeClock clock) throws IOException {
        this.folder = folder;
        this.kubernetes = folder.resolve("kubernetes");
        this.state = folder.resolve("state");
        this.server = server;
        this.clock = clock;
        Files.writeString(folder.resolve("token"), FakeServer.TOKEN + "\n");
        Files.setPosixFilePermissions(folder.resolve("token"), dev.certfleet.agent.publish.StagedFile.PRIVATE);
    }

    /** With another server's address before the right one. */
    TestNode afterAddress(String address) {
        before = address + ", ";
        return this;
    }

    /** Further settings, YAML. */
    TestNode with(String yaml) {
        more += yaml;
        return this;
    }

    /** Enrols by this, YAML on one line, and not by a token. */
    TestNode enrolling(String yaml) {
        enrolment = yaml;
        return this;
    }

    /** With the revocation gate, on a port that is free now. */
    TestNode withGate() throws IOException {
        try (java.net.ServerSocket free = new java.net.ServerSocket(0)) {
            more = more.replace("gate: {enabled: false}", "gate: {port: " + free.getLocalPort() + "}");
        }
        return this;
    }

    /** With etcd's CRL, for an etcd on ports that are free now. */
    TestNode withEtcd() throws IOException {
        try (java.net.ServerSocket client = new java.net.ServerSocket(0);
                java.net.ServerSocket peer = new java.net.ServerSocket(0)) {
            more = more.replace(
                    "etcd: {enabled: false}",
                    "etcd: {clientPort: " + client.getLocalPort() + ", peerPort: " + peer.getLocalPort() + "}");
        }
        return this;
    }

    /** With components looked at, on ports that are free now. */
    TestNode withComponents() throws IOException {
        return withComponents("");
    }

    /** The same, with further settings of etcd's, YAML after a comma. */
    TestNode withComponents(String etcd) throws IOException {
        try (java.net.ServerSocket client = new java.net.ServerSocket(0);
                java.net.ServerSocket peer = new java.net.ServerSocket(0);
                java.net.ServerSocket api = new java.net.ServerSocket(0);
                java.net.ServerSocket kubelet = new java.net.ServerSocket(0);
                java.net.ServerSocket other = new java.net.ServerSocket(0)) {
            String url = "https://127.0.0.1:" + api.getLocalPort();
            more = more.replace(
                            "etcd: {enabled: false}",
                            "etcd: {enabled: false, clientPort: " + client.getLocalPort() + ", peerPort: "
                                    + peer.getLocalPort() + "}")
                    .replace("components: {enabled: false}", """
                            kubernetes: {apiServer: "%URL"}
                            components:
                              kube-apiserver: {url: "%URL"}
                              etcd: {address: 127.0.0.1%RESTART}
                              kubelet: {address: 127.0.0.1, port: %KUBELET, healthPort: %OTHER}
                              kube-controller-manager: {address: 127.0.0.1, port: %OTHER}
                              kube-scheduler: {address: 127.0.0.1, port: %OTHER}
                              kube-proxy: {address: 127.0.0.1, port: %OTHER}
                              revocation-gate: {enabled: false}
                            """.replace("%URL", url)
                            .replace("%RESTART", etcd)
                            .replace("%KUBELET", Integer.toString(kubelet.getLocalPort()))
                            .replace("%OTHER", Integer.toString(other.getLocalPort())));
        }
        return this;
    }

    String yaml() {
        return """
                server:
                  addresses: [%ADDRESS]
                  caFingerprint: sha256:%PIN
                enrolment:
                  %ENROLMENT
                node:
                  name: cp-1
                  addresses: [10.0.0.1]
                paths:
                  kubernetes: %FOLDER/kubernetes
                  state: %FOLDER/state
                control:
                  metrics: off
                """.replace("%ADDRESS", before + server.address())
                        .replace("%PIN", server.fingerprint())
                        .replace("%ENROLMENT", enrolment)
                        .replace("%FOLDER", folder.toString())
                + more;
    }

    Settings settings() {
        return Settings.parse(yaml());
    }

    /** A new process on what is on disk. */
    Agent boot() {
        return new Agent(settings(), clock, new SecureRandom());
    }

    /** What a command prints, and its exit status. */
    record Outcome(int status, String out, String err) {}

    Outcome command(String... arguments) throws IOException {
        Path file = folder.resolve("agent.yaml");
        Files.writeString(file, yaml());
        return commandWith(file, arguments);
    }

    /** The same with settings from another file. */
    Outcome commandWith(Path file, String... arguments) {
        CommandLine line = CaAgent.commandLine(clock, new SecureRandom());
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        String[] all = new String[arguments.length + 2];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        all[arguments.length] = "--settings";
        all[arguments.length + 1] = file.toString();
        return new Outcome(line.execute(all), out.toString(), err.toString());
    }

    Path file(String name) {
        return kubernetes.resolve(name);
    }

    X509Certificate certificate(String name) throws IOException {
        try {
            return Certificates.parse(Files.readString(file(name), US_ASCII)).getFirst();
        } catch (CertificateException e) {
            throw new IOException(e);
        }
    }

    String serial(String name) throws IOException {
        return Certificates.serial(certificate(name));
    }

    Instant notAfter(String name) throws IOException {
        return certificate(name).getNotAfter().toInstant();
    }

    boolean isPair(String name) throws IOException {
        return PrivateKeys.belongTogether(
                PrivateKeys.decode(Files.readString(file(name + ".key"), US_ASCII)),
                certificate(name + ".crt").getPublicKey());
    }
}
