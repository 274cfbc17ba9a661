package dev.certfleet.server;

import dev.certfleet.server.installation.CannotStart;
import dev.certfleet.server.installation.Foundation;
import java.net.BindException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.scheduling.annotation.EnableScheduling;

/**
 * The certfleet server. Without arguments, or with settings alone, it serves; {@code operator-credential} replaces a lost
 * operator credential through the server that runs on the same data folder.
 */
@SpringBootApplication
@EnableScheduling
public class CertfleetServer {
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT);
        if (arguments.length > 0 && arguments[0].equals("operator-credential")) {
            System.exit(OperatorCredentialCommand.run(Arrays.copyOfRange(arguments, 1, arguments.length)));
        }
        try {
            application().run(arguments);
        } catch (RuntimeException e) {
            String line = line(e);
            if (line == null) {
                throw e;
            }
            System.err.println("certfleet-server: " + line);
            System.exit(1);
        }
    }

    /** The application as {@link #main} runs it. */
    public static SpringApplication application() {
        SpringApplication application = new SpringApplication(CertfleetServer.class);
        application.addInitializers(new Foundation());
        application.setDefaultProperties(Map.of("spring.main.banner-mode", "off"));
        return application;
    }

    /** What stops the start, in a line, where it is something that whoever starts the server can mend. */
    private static @Nullable String line(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case CannotStart cannotStart -> {
                    return cannotStart.getMessage();
                }
                case PortInUseException inUse -> {
                    return "port " + inUse.getPort() + " is in use; free it, or set another address with certfleet.api"
                            + " or certfleet.management";
                }
                case BindException bind -> {
                    return "an address cannot be listened on (" + bind.getMessage()
                            + "); set another with certfleet.api, certfleet.status or certfleet.management";
                }
                case java.sql.SQLException sql -> {
                    return "the database cannot be used: "
                            + String.valueOf(sql.getMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse("");
                }
                default -> {}
            }
        }
        return null;
    }
}
