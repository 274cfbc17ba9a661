package dev.certfleet.agent;

import dev.certfleet.agent.server.Version;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.AllowedHere;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Locale;
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
            "8:something needs attention (doctor, renew, adopt, release)"
        },
        subcommands = {
            EnrolCommand.class,
            RunCommand.class,
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

    private static final String KEEP_ALIVE = "http.keepAlive.time.server";

    private final Clock clock;
    private final SecureRandom random;

    CaAgent(Clock clock, SecureRandom random) {
        this.clock = clock;
        this.random = random;
    }

    /** The program. */
    @AllowedHere("the agent's entry point makes the real clock and the real randomness")
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT);
        if (System.getProperty("jdk.system.logger.format") == null) {
            System.setProperty("jdk.system.logger.format", "%1$tFT%1$tT %4$s %3$s: %5$s%6$s%n");
        }
        // Polls come every quarter of a minute: one TLS connection for many of them instead of a handshake each.
        if (System.getProperty(KEEP_ALIVE) == null) {
            System.setProperty(KEEP_ALIVE, "60");
        }
        System.exit(commandLine(Clock.systemUTC(), new SecureRandom()).execute(arguments));
    }

    /** The commands, for a program or a test to execute. */
    static CommandLine commandLine(Clock clock, SecureRandom random) {
        CommandLine line = new CommandLine(new CaAgent(clock, random));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler(CaAgent::wrongArguments);
        line.setExecutionExceptionHandler((problem, command, parsed) -> failed(problem, command));
        return line;
    }

    @Override
    public void run() {
        throw new Trouble(
                ExitCode.USAGE,
                "which command? there are enrol, run, status, renew, gate, doctor, adopt and release; see --help");
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

    private static int failed(Exception problem, CommandLine command) {
        PrintWriter error = command.getErr();
        int status = switch (problem) {
            case Trouble trouble -> {
                error.println("ca-agent: " + Trouble.oneLine(trouble));
                yield trouble.exitCode().status();
            }
            case InterruptedException interrupted -> {
                error.println("ca-agent: interrupted");
                yield ExitCode.INTERNAL.status();
            }
            default -> {
                StackTraceElement[] trace = problem.getStackTrace();
                error.println("ca-agent: a defect: " + problem.getClass().getSimpleName() + ": "
                        + Trouble.oneLine(problem) + (trace.length == 0 ? "" : " at " + trace[0]));
                yield ExitCode.INTERNAL.status();
            }
        };
        error.flush();
        return status;
    }

    /** What {@code --version} prints. */
    static final class Versions implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"ca-agent " + Version.TEXT};
        }
    }
}
