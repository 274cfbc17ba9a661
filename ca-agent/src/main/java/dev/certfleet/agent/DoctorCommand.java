package dev.certfleet.agent;

import dev.certfleet.agent.control.ControlSocket;
import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.agent.identity.EvidenceChoice;
import dev.certfleet.agent.identity.Identity;
import dev.certfleet.agent.identity.IdentityFolder;
import dev.certfleet.agent.identity.NodeFacts;
import dev.certfleet.agent.net.ConnectionCutter;
import dev.certfleet.agent.publish.StagedFile;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.server.ServerTrust;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.wire.Assignment;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code ca-agent doctor}: looks at everything the agent needs and says what to do where something is wrong. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Checks settings, folders, clock and server, and says what to do.")
final class DoctorCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    CaAgent agent;

    @Spec
    @Nullable
    CommandSpec spec;

    private final List<String> wrong = new ArrayList<>();

    @Override
    public Integer call() {
        CaAgent program = Objects.requireNonNull(agent);
        Settings settings = program.settings();
        good("the settings in " + program.settingsFile + " are well-formed");
        StateFolder folder = new StateFolder(settings.paths().state());
        checkWritable(settings.paths().kubernetes(), "paths.kubernetes");
        checkWritable(folder.path(), "paths.state");
        checkNode(settings);
        Optional<Identity> identity = checkIdentity(settings, folder, program);
        checkServer(settings, identity, program);
        checkAgent(settings, folder);
        if (wrong.isEmpty()) {
            say("all is well");
            return ExitCode.OK.status();
        }
        throw new Trouble(ExitCode.ATTENTION, wrong.size() + " of these need attention: " + wrong.getFirst());
    }

    private void checkWritable(Path path, String setting) {
        Path folder = path;
        while (!Files.isDirectory(folder) && folder.getParent() != null) {
            folder = folder.getParent();
        }
        Path probe = folder.resolve(".certfleet-doctor");
        try {
            Files.write(probe, new byte[4096]);
            Files.delete(probe);
            good(path + " can be written");
        } catch (IOException e) {
            bad(Trouble.oneLine(StagedFile.cannot(folder, e)) + "; make room, mount it writable, or change " + setting);
        }
    }

    private void checkNode(Settings settings) {
        try {
            var node = NodeFacts.of(settings.node());
            good("this node is " + node.name() + " with the addresses " + String.join(", ", node.addresses()));
            if (node.addresses().isEmpty()) {
                bad("this node has no address beside loopback; bring the network up or set node.addresses");
            }
        } catch (Trouble e) {
            bad(Trouble.oneLine(e));
        }
    }

    private Optional<Identity> checkIdentity(Settings settings, StateFolder folder, CaAgent program) {
        try {
            Optional<Identity> identity =
                    new IdentityFolder(folder.identity(), EvidenceChoice.seal(settings, program.random())).load();
            if (identity.isPresent()) {
                Instant end = identity.get().notAfter();
                if (end.isAfter(program.clock().instant())) {
                    good("enrolled as " + identity.get().nodeName() + " in cluster "
                            + identity.get().cluster() + ", identity valid until " + end);
                } else {
                    bad("this node's identity ended on " + end
                            + "; have the server allow a reinstall and run 'ca-agent enrol --again' with a new token");
                }
            } else if (settings.enrolment().tokenFile().filter(Files::exists).isPresent()) {
                good("not enrolled yet; 'run' does it with "
                        + settings.enrolment().tokenFile().get());
            } else if (EvidenceChoice.of(settings).isPresent()) {
                good("not enrolled yet; 'run' does it by this machine's "
                        + (settings.enrolment().tpm().isPresent() ? "TPM" : "identity document"));
            } else {
                bad("this node is not enrolled; " + EvidenceChoice.hint(settings));
            }
            return identity;
        } catch (Trouble e) {
            bad(Trouble.oneLine(e));
            return Optional.empty();
        }
    }

    private void checkServer(Settings settings, Optional<Identity> identity, CaAgent program) {
        if (identity.isEmpty() && settings.server().caFingerprint().isEmpty()) {
            bad("server.caFingerprint is not set; ask the operator for the installation authority's fingerprint");
            return;
        }
        ServerTrust trust = identity.isPresent()
                ? identity.get().authorities()
                : new ServerTrust.Pinned(settings.server().caFingerprint().orElse(""));
        try {
            ServerClient server =
                    new ServerClient(settings.server(), trust, identity.map(Identity::credential), program.random());
            Assignment assignment = server.assignment();
            good("the server answers and knows this node; its orders are " + assignment.version());
            checkClock(assignment, program);
            checkGate(settings, assignment);
        } catch (ServerException e) {
            switch (e) {
                case ServerException.Refused refused
                when identity.isEmpty() && refused.notAuthenticated() ->
                    good("the server answers, and its CA is the pinned one");
                case ServerException.Refused refused -> bad(Trouble.oneLine(refused));
                case ServerException.Untrusted untrusted ->
                    bad(Trouble.oneLine(untrusted)
                            + "; check server.addresses and server.caFingerprint, and who is in between");
                case ServerException.Unreachable unreachable ->
                    bad(Trouble.oneLine(unreachable) + "; check server.addresses, the network and the firewall");
            }
        } catch (Trouble e) {
            bad(Trouble.oneLine(e));
        }
    }

    private void checkClock(Assignment assignment, CaAgent program) {
        try {
            Duration skew = Duration.between(
                    Instant.parse(assignment.serverTime()), program.clock().instant());
            if (skew.abs().compareTo(Duration.ofSeconds(60)) > 0) {
                bad("this node's clock differs from the server's by " + skew.toSeconds() + " s; set it right");
            } else {
                good("this node's clock agrees with the server's");
            }
        } catch (java.time.DateTimeException e) {
            bad("the server's time cannot be read: " + Trouble.oneLine(e));
        }
    }

    /** What the gate uses on a control-plane node and does not bring. */
    private void checkGate(Settings settings, Assignment assignment) {
        if (!settings.gate().enabled() || !ClusterFiles.roles(assignment).contains(NodeRole.CONTROL_PLANE)) {
            return;
        }
        if (ConnectionCutter.isAvailable()) {
            good("'ss' is there: connections of revoked certificates can be ended");
        } else {
            bad("there is no command 'ss', so that watches and execs of revoked certificates go on; install iproute2");
        }
        Path log = settings.gate().settings().auditLog();
        if (Files.isReadable(log)) {
            good("kube-apiserver's audit log " + log + " can be read");
        } else {
            bad("there is no audit log " + log + " that can be read, so that a stolen CA key is not noticed;"
                    + " start kube-apiserver with --audit-log-path and --audit-policy-file, or set gate.auditLog");
        }
    }

    private void checkAgent(Settings settings, StateFolder folder) {
        Optional<ControlSocket.Answer> answer = ControlSocket.ask(
                settings.control().socketIn(folder.path()), new ControlSocket.Request("status", null, false));
        if (answer.isEmpty()) {
            bad("the agent does not run; start it with 'systemctl start certfleet-agent' or 'ca-agent run'");
            return;
        }
        good("the agent runs");
        answer.map(ControlSocket.Answer::status).ifPresent(this::checkEtcd);
    }

    private void checkEtcd(StatusReport status) {
        List<String> problems = status.problems().stream()
                .filter(problem -> problem.startsWith("etcd"))
                .toList();
        problems.forEach(this::bad);
        if (status.etcd() != null && problems.isEmpty()) {
            good("etcd: " + status.etcd());
        }
    }

    private void good(String what) {
        say("ok    " + what);
    }

    private void bad(String what) {
        wrong.add(what);
        say("wrong " + what);
    }

    private void say(String line) {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
