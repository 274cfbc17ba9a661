package dev.certfleet.agent;

import dev.certfleet.agent.server.Version;
import dev.certfleet.agent.settings.Settings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** The node agent's commands. What goes wrong is one line on standard error and an {@link ExitCode}. */
@Command(
        name = "ca-agent",
        description =
                "Keeps this node's certificates: makes the keys, has them certified, publishes and renews the files.",
        mixinStandardHelpOptions = true,
        versionProvider = CaAgent.Versions.class,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:it worked",
            "1:a defect of the agent",
            "2:wrong arguments",
            "3:the settings are missing or wrong",
            "4:no server can be reached, or it is not the expected one",
            "5:the server refuses",
            "6:a file cannot be read or written",
            "7:no agent is running, another one is, or the node is not enrolled",
            "8:something needs attention (doctor, once, renew, adopt, release)"
        },
        subcommands = {
            EnrolCommand.class,
            RunCommand.class,
            OnceCommand.class,
            StatusCommand.class,
            RenewCommand.class,
            GateCommand.class,
            DoctorCommand.class,
            AdoptCommand.class,
            ReleaseCommand.class
        })
public final class CaAgent implements Runnable {
    @Option(
            names = "--settings",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "the settings, YAML; /etc/certfleet/agent.yaml where it is left out")
    Path settingsFile = Settings.DEFAULT_FILE;

    private final Clock clock;
    private final SecureRandom random;

    CaAgent(Clock clock, SecureRandom random) {
        this.clock = clock;
        this.random = random;
    }

    /** The commands, for a program or a test to execute. */
    static CommandLine commandLine(Clock clock, SecureRandom random) {
        CommandLine line = new CommandLine(new CaAgent(clock, random));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler(CaAgent::wrongArguments);
        line.setExecutionExceptionHandler((problem, command, parsed) -> Failure.tell(problem, command.getErr()));
        return line;
    }

    @Override
    public void run() {
        throw new Trouble(
                ExitCode.USAGE,
                "which command? there are enrol, run, once, status, renew, gate, doctor, adopt and release; see --help");
    }

    Settings settings() {
        return Settings.read(settingsFile);
    }

    Clock clock() {
        return clock;
    }

    SecureRandom random() {
        return random;
    }

    private static int wrongArguments(ParameterException problem, String[] arguments) {
        // Not the arguments themselves: somebody may have put a token there.
        PrintWriter error = problem.getCommandLine().getErr();
        error.println("ca-agent: " + Trouble.oneLine(problem) + "; see ca-agent --help");
        error.flush();
        return ExitCode.USAGE.status();
    }

    /** What {@code --version} prints. */
    static final class Versions implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"ca-agent " + Version.TEXT};
        }
    }
}
