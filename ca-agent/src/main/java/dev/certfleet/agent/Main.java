package dev.certfleet.agent;

import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.AllowedHere;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The program. {@code run}, as a unit starts it, goes past the command line's library: its classes are of an old format that no
 * AOT cache takes, and parsing them would cost each start a tenth of a second and the agent some megabytes for as long as it
 * runs. Every other way of writing it means the same through {@link CaAgent}.
 */
public final class Main {
    private static final String KEEP_ALIVE = "http.keepAlive.time.server";
    private static final String LOG_FORMAT = "jdk.system.logger.format";

    private Main() {}

    @AllowedHere("the agent's entry point makes the real clock and the real randomness")
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT);
        if (System.getProperty(LOG_FORMAT) == null) {
            System.setProperty(LOG_FORMAT, "%1$tFT%1$tT %4$s %3$s: %5$s%6$s%n");
        }
        // Polls come every quarter of a minute: one TLS connection for many of them instead of a handshake each.
        if (System.getProperty(KEEP_ALIVE) == null) {
            System.setProperty(KEEP_ALIVE, "60");
        }
        Clock clock = Clock.systemUTC();
        SecureRandom random = new SecureRandom();
        Optional<Path> settings = settingsOfRun(List.of(arguments));
        System.exit(
                settings.isPresent()
                        ? run(settings.get(), clock, random)
                        : CaAgent.commandLine(clock, random).execute(arguments));
    }

    /** The settings file where the arguments are {@code run} and at most {@code --settings FILE}. */
    static Optional<Path> settingsOfRun(List<String> arguments) {
        if (arguments.equals(List.of("run"))) {
            return Optional.of(Settings.DEFAULT_FILE);
        }
        boolean named = arguments.size() == 3
                && arguments.getFirst().equals("run")
                && arguments.get(1).equals("--settings")
                && !arguments.get(2).startsWith("-");
        return named ? Optional.of(Path.of(arguments.get(2))) : Optional.empty();
    }

    private static int run(Path settings, Clock clock, SecureRandom random) {
        try {
            return AgentProcess.run(Settings.read(settings), clock, random).status();
        } catch (Exception e) {
            return Failure.tell(e, new PrintWriter(System.err, true, java.nio.charset.StandardCharsets.UTF_8));
        }
    }
}
