package dev.certfleet.agent;

import dev.certfleet.agent.control.ControlSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs the image once so that its AOT cache knows what an agent does: enrol, publish, fetch, poll, answer, renew, stop. No test;
 * {@code src/image/build} calls it.
 */
final class ImageTraining {
    private static final int METRICS_PORT = 0;

    private ImageTraining() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("certfleet-training");
        try {
            train(Path.of(arguments[0]), folder);
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
        System.exit(0);
    }

    private static void train(Path launcher, Path folder)
            throws IOException, GeneralSecurityException, InterruptedException {
        FakeClock clock = new FakeClock(Instant.ofEpochSecond(
                ProcessHandle.current().info().startInstant().orElseThrow().getEpochSecond()));
        try (FakeServer server = new FakeServer(clock)) {
            TestNode node =
                    new TestNode(folder, server, clock).withGate().withEtcd().with("renewal:\n  pollInterval: 200ms\n");
            Path settings = folder.resolve("agent.yaml");
            Files.writeString(settings, node.yaml().replace("metrics: off", "metrics: 127.0.0.1:" + METRICS_PORT));
            ProcessBuilder builder =
                    new ProcessBuilder(List.of(launcher.toString(), "run", "--settings", settings.toString()));
            builder.environment().put("CERTFLEET_TRAIN", "1");
            Process agent = builder.redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            Path socket = node.state.resolve("agent.sock");
            await(
                    agent,
                    folder,
                    () -> server.reports.size() > 0
                            && Files.exists(socket)
                            && Files.exists(node.file("pki/etcd/crl.der")));
            ask(socket, new ControlSocket.Request("status", null, false));
            ask(socket, new ControlSocket.Request("renew", null, true));
            int seen = server.requests.size();
            await(agent, folder, () -> server.requests.size() > seen + 3);
            agent.destroy();
            if (!agent.waitFor(120, TimeUnit.SECONDS)) {
                agent.destroyForcibly();
                throw new IOException("the agent does not stop");
            }
        }
    }

    private static void ask(Path socket, ControlSocket.Request request) throws IOException {
        if (ControlSocket.ask(socket, request).isEmpty()) {
            throw new IOException("the agent does not answer '" + request.command() + "'");
        }
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(Process agent, Path folder, Condition condition)
            throws IOException, InterruptedException {
        for (int i = 0; i < 2400 && !condition.holds(); i++) {
            if (!agent.isAlive()) {
                throw new IOException("the agent ended: " + Files.readString(folder.resolve("log")));
            }
            Thread.sleep(50);
        }
        if (!condition.holds()) {
            throw new IOException("the agent does not get on: " + Files.readString(folder.resolve("log")));
        }
    }
}
