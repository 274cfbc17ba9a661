package dev.certfleet.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.adopt.ReleaseNode;
import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.agent.identity.Evidence;
import dev.certfleet.agent.identity.EvidenceChoice;
import dev.certfleet.agent.identity.IdentityFolder;
import dev.certfleet.agent.publish.StagedFile;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.NodeRole;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * {@code ca-agent once}: does what is due and exits, for workers that no agent runs on between a timer's ticks. Not for nodes
 * whose revocation gate or CRL has to be kept up every second.
 */
@Command(
        name = "once",
        mixinStandardHelpOptions = true,
        description = "Does what is due and exits, on nodes that are workers alone. Enrols by itself where the node is"
                + " not enrolled and there is a token file. Exit status 8 where something is wrong.")
final class OnceCommand implements Callable<Integer> {
    private static final List<String> NEED_AN_AGENT = List.of(NodeRole.CONTROL_PLANE.label(), NodeRole.ETCD.label());

    @ParentCommand
    @Nullable
    CaAgent agent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(
            names = "--metrics-file",
            paramLabel = "FILE",
            description =
                    "where the metrics go, as node_exporter's textfile collector reads them; its name ends in .prom")
    @Nullable
    Path metricsFile;

    @Override
    public Integer call() throws InterruptedException {
        CaAgent program = Objects.requireNonNull(agent);
        Settings settings = program.settings();
        StateFolder folder = new StateFolder(settings.paths().state());
        ReleaseNode.requireNotReleased(folder);
        try (StateFolder.Lock _ = folder.lock()) {
            // 1. Be somebody. Which roles the node has, its server says.
            if (new IdentityFolder(folder.identity(), EvidenceChoice.seal(settings, program.random()))
                    .load()
                    .isEmpty()) {
                enrol(program, settings);
            }
            try (Agent working = new Agent(settings, program.clock(), program.random())) {
                refuseRoles(working.status().roles());
                // 2. Do what is due.
                working.runUntilNothingIsDue();
                // 3. Say how it went.
                StatusReport report = working.status();
                refuseRoles(report.roles());
                folder.write(folder.once(), report.at().toString().getBytes(US_ASCII));
                Path file = metricsFile;
                if (file != null) {
                    StagedFile.replace(file, working.metrics().getBytes(UTF_8), StagedFile.PUBLIC, Optional.empty());
                }
                return tell(report).status();
            }
        }
    }

    private static void enrol(CaAgent program, Settings settings) {
        KeeperTools tools = KeeperTools.of(settings, program.clock(), program.random());
        Optional<Evidence> evidence = EvidenceChoice.of(settings);
        if (evidence.isEmpty()) {
            throw new Trouble(
                    ExitCode.NOT_RUNNING,
                    "this node is not enrolled and there is no token; " + EvidenceChoice.hint(settings));
        }
        try {
            Agent.enrol(settings, evidence.get(), tools, program.random());
        } catch (ServerException e) {
            throw EnrolCommand.asTrouble(e);
        } catch (IOException e) {
            throw new Trouble(ExitCode.REFUSED, Trouble.oneLine(e), e);
        }
    }

    private static void refuseRoles(List<String> roles) {
        List<String> refused = roles.stream().filter(NEED_AN_AGENT::contains).toList();
        if (!refused.isEmpty()) {
            throw new Trouble(
                    ExitCode.SETTINGS,
                    "this node has the role " + String.join(" and ", refused)
                            + ", whose revocations an agent enforces all the time; use 'ca-agent run'"
                            + " (systemctl disable --now certfleet-agent.timer; systemctl enable --now certfleet-agent)");
        }
    }

    private ExitCode tell(StatusReport report) {
        List<String> wrong = new ArrayList<>(report.problems());
        for (StatusReport.Line line : report.certificates()) {
            if (line.problem() != null) {
                wrong.add(line.profile() + ": " + line.problem());
            }
        }
        PrintWriter error = Objects.requireNonNull(spec).commandLine().getErr();
        wrong.forEach(line -> error.println("ca-agent: " + line));
        error.flush();
        return wrong.isEmpty() ? ExitCode.OK : ExitCode.ATTENTION;
    }
}
