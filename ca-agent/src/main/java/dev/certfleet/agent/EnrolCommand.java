package dev.certfleet.agent;

import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.identity.Evidence;
import dev.certfleet.agent.identity.EvidenceChoice;
import dev.certfleet.agent.identity.Identity;
import dev.certfleet.agent.identity.IdentityFolder;
import dev.certfleet.agent.identity.Token;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.settings.ServerSettings;
import dev.certfleet.agent.settings.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code ca-agent enrol}: a token, TPM or document becomes this node's identity. */
@Command(
        name = "enrol",
        mixinStandardHelpOptions = true,
        description = "Enrols this node. A token comes from --token-file, from standard input ('-'), from"
                + " enrolment.tokenFile in the settings or from the environment variable " + Token.VARIABLE
                + "; without one"
                + " the machine proves itself as enrolment.tpm or enrolment.document says.")
final class EnrolCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    CaAgent agent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--token-file", paramLabel = "FILE", description = "holds the token; - is standard input")
    @Nullable
    String tokenFile;

    @Option(
            names = "--ca-fingerprint",
            paramLabel = "sha256:HEX",
            description = "SHA-256 of the installation authority's certificate; else server.caFingerprint")
    @Nullable
    String caFingerprint;

    @Option(names = "--again", description = "although the node is enrolled: the server has to allow the reinstall")
    boolean again;

    @Override
    public Integer call() throws IOException {
        CaAgent program = java.util.Objects.requireNonNull(agent);
        Settings settings = withPin(program.settings());
        StateFolder folder = new StateFolder(settings.paths().state());
        Optional<Identity> present = again
                ? Optional.empty()
                : new IdentityFolder(folder.identity(), EvidenceChoice.seal(settings, program.random())).load();
        if (present.isPresent()) {
            say("this node is enrolled already, as " + present.get().nodeName() + " in cluster "
                    + present.get().cluster());
            return ExitCode.OK.status();
        }
        try (StateFolder.Lock _ = folder.lock()) {
            KeeperTools tools =
                    new KeeperTools(program.clock(), program.random(), settings.renewal(), settings.hooks());
            Identity enrolled = Agent.enrol(settings, evidence(settings), tools, program.random());
            say("enrolled as " + enrolled.nodeName() + " in cluster " + enrolled.cluster() + ", roles "
                    + String.join(", ", enrolled.roles()) + "; 'ca-agent run' does the rest");
            return ExitCode.OK.status();
        } catch (ServerException e) {
            throw asTrouble(e);
        } catch (IOException e) {
            throw new Trouble(ExitCode.REFUSED, Trouble.oneLine(e), e);
        }
    }

    static Trouble asTrouble(ServerException problem) {
        return switch (problem) {
            case ServerException.Refused refused -> new Trouble(ExitCode.REFUSED, Trouble.oneLine(refused), refused);
            case ServerException.Untrusted untrusted ->
                new Trouble(ExitCode.UNREACHABLE, Trouble.oneLine(untrusted), untrusted);
            case ServerException.Unreachable unreachable ->
                new Trouble(ExitCode.UNREACHABLE, Trouble.oneLine(unreachable), unreachable);
        };
    }

    private Settings withPin(Settings settings) {
        String pin = caFingerprint;
        if (pin == null) {
            return settings;
        }
        ServerSettings server = settings.server();
        return settings.with(new ServerSettings(
                server.addresses(),
                Optional.of(ServerSettings.fingerprint("--ca-fingerprint", pin)),
                server.connectTimeout(),
                server.requestTimeout()));
    }

    private Evidence evidence(Settings settings) {
        String file = tokenFile;
        if (file != null) {
            return file.equals("-")
                    ? Token.fromStream(System.in)
                    : Token.fromFile(Path.of(file))
                            .orElseThrow(() -> new Trouble(ExitCode.SETTINGS, "there is no token file " + file));
        }
        Optional<Token> set = settings.enrolment().tokenFile().flatMap(Token::fromFile);
        if (set.isPresent()) {
            return set.get();
        }
        String variable = System.getenv(Token.VARIABLE);
        if (variable != null) {
            return Token.of(variable, "the environment variable " + Token.VARIABLE);
        }
        return EvidenceChoice.of(settings)
                .orElseThrow(() -> new Trouble(
                        ExitCode.SETTINGS,
                        "there is no enrolment token: give --token-file (- for standard input), set enrolment.tokenFile or "
                                + Token.VARIABLE
                                + "; or set enrolment.cluster with enrolment.tpm or enrolment.document"));
    }

    private void say(String line) {
        java.util.Objects.requireNonNull(spec).commandLine().getOut().println(line);
        java.util.Objects.requireNonNull(spec).commandLine().getOut().flush();
    }
}
