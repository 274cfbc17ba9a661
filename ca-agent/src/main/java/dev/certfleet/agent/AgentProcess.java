package dev.certfleet.agent;

import dev.certfleet.agent.adopt.ReleaseNode;
import dev.certfleet.agent.control.ControlSocket;
import dev.certfleet.agent.control.Metrics;
import dev.certfleet.agent.settings.Settings;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Optional;

/** The agent until it is told to stop: with its lock, its control socket and its metrics. */
final class AgentProcess {
    private static final System.Logger LOG = System.getLogger("certfleet.agent");
    private static final long STOP_WITHIN_MILLIS = 2000;

    private AgentProcess() {}

    static ExitCode run(Settings settings, Clock clock, SecureRandom random) throws InterruptedException {
        StateFolder folder = new StateFolder(settings.paths().state());
        ReleaseNode.requireNotReleased(folder);
        try (StateFolder.Lock _ = folder.lock();
                StateFolder.Lock _ = StateFolder.lockFiles(settings.paths().kubernetes());
                Agent running = new Agent(settings, clock, random)) {
            stopAtShutdown(running, Thread.currentThread());
            try (ControlSocket _ = ControlSocket.open(settings.control().socketIn(folder.path()), running::handle);
                    Closing _ = new Closing(
                            settings.control().metrics().map(address -> Metrics.open(address, running::metrics)))) {
                LOG.log(System.Logger.Level.INFO, "running with the state in {0}", folder.path());
                running.run();
            }
        }
        return ExitCode.OK;
    }

    private static void stopAtShutdown(Agent running, Thread loop) {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> {
            running.stop();
            try {
                loop.join(STOP_WITHIN_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
    }

    private record Closing(Optional<Metrics> metrics) implements AutoCloseable {
        @Override
        public void close() {
            metrics.ifPresent(Metrics::close);
        }
    }
}
