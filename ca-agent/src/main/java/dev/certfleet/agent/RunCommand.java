package dev.certfleet.agent;

import dev.certfleet.agent.control.ControlSocket;
import dev.certfleet.agent.control.Metrics;
import dev.certfleet.agent.settings.Settings;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code ca-agent run}: the agent itself, until it is told to stop. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description =
                "Keeps this node's certificates. Enrols by itself where the node is not enrolled and there is a token file.")
final class RunCommand implements Callable<Integer> {
    private static final System.Logger LOG = System.getLogger("certfleet.agent");

    @ParentCommand
    @Nullable
    CaAgent agent;

    @Override
    public Integer call() throws InterruptedException {
        CaAgent program = Objects.requireNonNull(agent);
        Settings settings = program.settings();
        StateFolder folder = new StateFolder(settings.paths().state());
        try (StateFolder.Lock _ = folder.lock();
                StateFolder.Lock _ = StateFolder.lockFiles(settings.paths().kubernetes());
                Agent running = new Agent(settings, program.clock(), program.random())) {
            Thread loop = Thread.currentThread();
            Runtime.getRuntime()
                    .addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> {
                        running.stop();
                        try {
                            loop.join(2000);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }));
            try (ControlSocket _ = ControlSocket.open(settings.control().socketIn(folder.path()), running::handle);
                    Closing _ = new Closing(
                            settings.control().metrics().map(address -> Metrics.open(address, running::metrics)))) {
                LOG.log(System.Logger.Level.INFO, "running with the state in {0}", folder.path());
                running.run();
            }
        }
        return ExitCode.OK.status();
    }

    private record Closing(Optional<Metrics> metrics) implements AutoCloseable {
        @Override
        public void close() {
            metrics.ifPresent(Metrics::close);
        }
    }
}
