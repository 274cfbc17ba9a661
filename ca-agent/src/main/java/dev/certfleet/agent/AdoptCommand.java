package dev.certfleet.agent;

import dev.certfleet.agent.adopt.AdoptNode;
import dev.certfleet.agent.identity.EvidenceChoice;
import dev.certfleet.agent.identity.Identity;
import dev.certfleet.agent.identity.IdentityFolder;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.settings.Settings;
import java.io.IOException;
import java.io.PrintWriter;
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

/** {@code ca-agent adopt}: takes over what kubeadm made on this node. */
@Command(
        name = "adopt",
        mixinStandardHelpOptions = true,
        description =
                "Takes over the certificates that kubeadm made on this node, while its components run. The node is"
                        + " enrolled, the agent does not run yet.")
final class AdoptCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    CaAgent agent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--plan", description = "only says what was found and what would change")
    boolean planOnly;

    @Option(names = "--renew", description = "has them all replaced at once, not when they are due")
    boolean renew;

    @Option(
            names = "--accept-lost-name",
            paramLabel = "PROFILE:NAME",
            description = "a name that a certificate has today and will not have when it is renewed; once for each")
    List<String> accepted = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        CaAgent program = Objects.requireNonNull(agent);
        Settings settings = program.settings();
        StateFolder folder = new StateFolder(settings.paths().state());
        Optional<Identity> identity =
                new IdentityFolder(folder.identity(), EvidenceChoice.seal(settings, program.random())).load();
        if (identity.isEmpty()) {
            throw new Trouble(ExitCode.NOT_RUNNING, "this node is not enrolled; 'ca-agent enrol' comes first");
        }
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        try (StateFolder.Lock _ = folder.lock()) {
            AdoptNode adopt = new AdoptNode(
                    settings,
                    folder,
                    new ServerClient(
                            settings.server(),
                            identity.get().authorities(),
                            Optional.of(identity.get().credential()),
                            program.clock(),
                            program.random()));
            AdoptNode.Prepared prepared = adopt.prepare();
            prepared.lines().forEach(out::println);
            prepared.obstacles().forEach(obstacle -> out.println("STOPS " + obstacle));
            out.flush();
            requireNothingInTheWay(prepared);
            if (planOnly) {
                out.println("nothing was changed; without --plan it is done");
            } else {
                adopt.carryOut(prepared, renew);
                out.println("adopted; 'ca-agent run' does the rest");
            }
            out.flush();
            return ExitCode.OK.status();
        } catch (ServerException e) {
            throw EnrolCommand.asTrouble(e);
        }
    }

    private void requireNothingInTheWay(AdoptNode.Prepared prepared) {
        if (!prepared.obstacles().isEmpty()) {
            throw new Trouble(ExitCode.ATTENTION, prepared.obstacles().getFirst() + "; nothing was changed");
        }
        List<String> lost = prepared.lost().stream()
                .filter(name -> !accepted.contains(name.replace(": ", ":")))
                .toList();
        if (!lost.isEmpty()) {
            throw new Trouble(
                    ExitCode.ATTENTION,
                    "a renewed certificate would lose " + String.join("; ", lost)
                            + "; add it to the cluster's description, or give --accept-lost-name for each; nothing was"
                            + " changed");
        }
    }
}
