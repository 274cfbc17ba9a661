package dev.certfleet.agent;

import dev.certfleet.agent.control.ControlSocket;
import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.agent.control.StatusTable;
import dev.certfleet.agent.settings.Settings;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code ca-agent renew}: asks the running agent to renew now. */
@Command(
        name = "renew",
        mixinStandardHelpOptions = true,
        description = "Has the running agent renew a certificate now, or all of them, and waits until it tried.")
final class RenewCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    CaAgent agent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Parameters(index = "0", arity = "0..1", paramLabel = "PROFILE", description = "which; all where it is left out")
    @Nullable
    String profile;

    @Option(
            names = "--new-key",
            description =
                    "with a new key even where the key is kept because components read the pair at each handshake")
    boolean newKey;

    @Override
    public Integer call() {
        CaAgent program = Objects.requireNonNull(agent);
        Settings settings = program.settings();
        ControlSocket.Answer answer = ControlSocket.ask(
                        settings.control().socketIn(settings.paths().state()),
                        new ControlSocket.Request("renew", profile, newKey))
                .orElseThrow(() -> new Trouble(ExitCode.NOT_RUNNING, "no agent is running on this node"));
        String problem = answer.problem();
        StatusReport status = answer.status();
        if (problem != null || status == null) {
            throw new Trouble(ExitCode.USAGE, problem == null ? "the agent gave no answer" : problem);
        }
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        out.print(StatusTable.of(status));
        out.flush();
        List<StatusReport.Line> failed = status.certificates().stream()
                .filter(line -> profile == null || line.profile().equals(profile))
                .filter(line -> line.problem() != null || line.notAfter() == null)
                .toList();
        if (!failed.isEmpty() || !status.problems().isEmpty()) {
            throw new Trouble(
                    ExitCode.ATTENTION,
                    failed.isEmpty()
                            ? status.problems().getFirst()
                            : failed.getFirst().profile() + ": "
                                    + failed.getFirst().problem());
        }
        return ExitCode.OK.status();
    }
}
