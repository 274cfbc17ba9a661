package dev.certfleet.server;

import dev.certfleet.server.installation.CredentialRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code operator-credential --name NAME [--data DIR]}: asks the server that runs on this data folder for a new credential
 * for an operator who lost theirs. Exit code 0 with the file's path on standard output; 1 where it was not made; 2 for
 * unusable arguments.
 */
@Command(
        name = "certfleet-server operator-credential",
        description = "Replaces an operator's lost credential; the old certificates are revoked.",
        mixinStandardHelpOptions = true)
final class OperatorCredentialCommand implements java.util.concurrent.Callable<Integer> {
    private static final int TRIES = 300;

    @Option(names = "--name", required = true, description = "the operator's name")
    private String name = "";

    @Option(
            names = "--data",
            defaultValue = "${env:CERTFLEET_DATA:-certfleet-data}",
            description = "the server's data folder (default: ${DEFAULT-VALUE})")
    private Path data = Path.of("certfleet-data");

    static int run(String[] arguments) {
        return new CommandLine(new OperatorCredentialCommand()).execute(arguments);
    }

    @Override
    public Integer call() throws InterruptedException {
        if (!Files.isDirectory(data)) {
            return failed("there is no data folder " + data);
        }
        try {
            CredentialRequest request = CredentialRequest.leave(data, name);
            for (int i = 0; i < TRIES; i++) {
                Optional<CredentialRequest.Answer> answer = request.read();
                if (answer.isPresent()) {
                    if (!answer.get().made()) {
                        return failed(answer.get().text());
                    }
                    System.out.println(answer.get().text());
                    return 0;
                }
                Thread.sleep(100);
            }
            request.withdraw();
            return failed("no server answered; start the one whose data folder is " + data + ", then try again");
        } catch (IOException e) {
            return failed(String.valueOf(e.getMessage()));
        }
    }

    private static int failed(String line) {
        System.err.println("certfleet-server: " + line);
        return 1;
    }
}
