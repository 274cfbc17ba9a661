package dev.certfleet.agent;

import dev.certfleet.agent.control.ControlSocket;
import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.agent.control.StatusTable;
import dev.certfleet.agent.settings.Settings;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code ca-agent status}: each certificate, where it is, how long it lives and what happens next. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows each certificate, where it is, how long it lives and what happens next.")
final class StatusCommand implements Callable<Integer> {
    /** How the answer looks. */
    enum Format {
        TABLE,
        JSON
    }

    @ParentCommand
    @Nullable
    CaAgent agent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "-o", paramLabel = "table|json", description = "the form of the answer")
    Format format = Format.TABLE;

    @Override
    public Integer call() {
        CaAgent program = Objects.requireNonNull(agent);
        Settings settings = program.settings();
        StatusReport report = report(program, settings);
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        switch (format) {
            case TABLE -> out.print(StatusTable.of(report));
            case JSON -> out.println(Json.pretty(report));
        }
        out.flush();
        return ExitCode.OK.status();
    }

    static StatusReport report(CaAgent program, Settings settings) {
        StateFolder folder = new StateFolder(settings.paths().state());
        if (!Files.isDirectory(folder.path())) {
            throw new Trouble(
                    ExitCode.NOT_RUNNING, "there is no state in " + folder.path() + ": this node is not enrolled");
        }
        Optional<ControlSocket.Answer> answer = ControlSocket.ask(
                settings.control().socketIn(folder.path()), new ControlSocket.Request("status", null, false));
        StatusReport running = answer.map(ControlSocket.Answer::status).orElse(null);
        if (running != null) {
            return running;
        }
        try (Agent stored = new Agent(settings, program.clock(), program.random())) {
            return stored.status();
        }
    }
}
