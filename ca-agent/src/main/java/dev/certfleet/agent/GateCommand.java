package dev.certfleet.agent;

import dev.certfleet.agent.certificate.Backoff;
import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.identity.EvidenceChoice;
import dev.certfleet.agent.identity.Identity;
import dev.certfleet.agent.identity.IdentityFolder;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.wire.Assignment;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/**
 * {@code ca-agent gate}: the revocation gate in a process of its own, beside a {@code run} with {@code gate.enabled: false}. It
 * reads the identity and the files that the other one keeps, and writes nothing but its own index and the two files for kube-apiserver.
 */
@Command(
        name = "gate",
        mixinStandardHelpOptions = true,
        description = "Runs the revocation gate alone; for control-plane nodes whose 'run' has gate.enabled: false.")
final class GateCommand implements Callable<Integer> {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");

    @ParentCommand
    @Nullable
    CaAgent agent;

    @Override
    public Integer call() throws InterruptedException {
        CaAgent program = Objects.requireNonNull(agent);
        Settings settings = program.settings();
        StateFolder folder = new StateFolder(settings.paths().state());
        // Looked at first: what the loop below cannot have, it goes on asking for.
        folder.lockGate().close();
        IdentityFolder identities =
                new IdentityFolder(folder.identity(), EvidenceChoice.seal(settings, program.random()));
        Identity identity = identities
                .load()
                .orElseThrow(() -> new Trouble(
                        ExitCode.NOT_RUNNING,
                        "this node is not enrolled; run 'ca-agent enrol' or 'ca-agent run' first"));
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(stopped::countDown));
        KeeperTools tools = new KeeperTools(program.clock(), program.random(), settings.renewal(), settings.hooks());
        ServerClient server = new ServerClient(
                settings.server(), identity.authorities(), Optional.of(identity.credential()), program.random());
        Assignment assignment = stored(folder).orElse(null);
        // The one that 'run' waits for is its own: this process publishes no CA file.
        Runnable nothing = () -> {};
        int failures = 0;
        try (GateRunner gate = new GateRunner(
                settings,
                new Layout(settings.paths()),
                folder,
                tools,
                () -> Optional.of(server),
                true,
                List.of(),
                nothing)) {
            Duration pause;
            do {
                Identity present = identities.load().orElse(identity);
                if (!present.id().equals(identity.id())) {
                    server.use(present.authorities(), present.credential());
                    identity = present;
                }
                try {
                    assignment = server.assignment(gate.mark());
                    failures = 0;
                    pause = settings.renewal().pollInterval();
                } catch (ServerException e) {
                    LOG.log(System.Logger.Level.WARNING, Trouble.oneLine(e));
                    Instant now = program.clock().instant();
                    pause = Duration.between(
                            now,
                            new Backoff(
                                            settings.renewal().retryInterval(),
                                            settings.renewal().maxRetryInterval(),
                                            program.random())
                                    .after(now, failures++));
                }
                if (assignment != null) {
                    gate.round(assignment);
                }
            } while (!stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS));
        }
        return ExitCode.OK.status();
    }

    private static Optional<Assignment> stored(StateFolder folder) {
        try {
            return Optional.of(Json.read(Assignment.class, Files.readAllBytes(folder.assignment())));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
