package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real process, killed with SIGKILL while it renews as fast as it can. */
class KilledAgentTest {
    private static final int KILLS = 12;
    private static final List<String> READ_AT_EACH_HANDSHAKE =
            List.of("pki/etcd/server", "pki/etcd/peer", "pki/etcd/healthcheck-client");

    @TempDir(factory = InMemory.class)
    Path folder;

    @Test
    void leavesAValidPairAtEveryMomentAndGoesOnAfterwards() throws Exception {
        FakeClock now =
                new FakeClock(ProcessHandle.current().info().startInstant().orElseThrow());
        try (FakeServer server = new FakeServer(now)) {
            server.roles = List.of("etcd");
            server.life = Duration.ofMinutes(10);
            TestNode node = new TestNode(folder, server, now).with("""
                    renewal: {pollInterval: 100ms, retryInterval: 10ms, maxRetryInterval: 100ms}
                    """);
            Path settings = Files.writeString(folder.resolve("agent.yaml"), node.yaml());
            long seed = System.nanoTime();
            SplittableRandom random = new SplittableRandom(seed);
            for (int kill = 0; kill < KILLS; kill++) {
                int reports = server.reports.size();
                Process agent = start(settings);
                await(agent, () -> server.reports.size() > reports);
                for (int i = 0; i < 5; i++) {
                    // The server asks for renewals until the kill comes in between.
                    server.renewBefore =
                            Instant.MAX.minusSeconds(kill * 10L + i).toString();
                    Thread.sleep(random.nextInt(250));
                }
                agent.destroyForcibly().waitFor();
                for (String name : READ_AT_EACH_HANDSHAKE) {
                    assertThat(node.isPair(name))
                            .as(name + " after kill " + kill + ", seed " + seed)
                            .isTrue();
                }
            }

            String asked = Instant.MAX.minusSeconds(1_000_000).toString();
            server.renewBefore = asked;
            Process agent = start(settings);
            try {
                await(
                        agent,
                        () -> !server.reports.isEmpty()
                                && Files.readString(node.state.resolve("certificates/etcd-peer/state.json"))
                                        .contains(asked));
            } finally {
                agent.destroyForcibly().waitFor();
            }
            assertThat(server.tokenUses).isZero();
            assertThat(server.issued)
                    .as("certificates, so that there was something to tear")
                    .isGreaterThan(5 * KILLS);
        }
    }

    private Process start(Path settings) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.certfleet.agent.Main",
                        "run",
                        "--settings",
                        settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private void await(Process agent, Condition condition) throws IOException, InterruptedException {
        boolean held = false;
        for (int i = 0; i < 1200 && !held; i++) {
            Thread.sleep(50);
            try {
                held = condition.holds();
            } catch (java.nio.file.NoSuchFileException e) {
                held = false;
            }
            assertThat(agent.isAlive()).as(() -> log()).isTrue();
        }
        assertThat(held).as(() -> log()).isTrue();
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            return String.valueOf(e);
        }
    }
}
