package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent that runs hears of a change. The clock stands still, so that nothing comes by polling. */
class AssignmentWatchTest {
    @TempDir(factory = InMemory.class)
    Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));
    private FakeServer server;
    private TestNode node;
    private Agent agent;
    private Thread running;

    @BeforeEach
    void start() throws Exception {
        server = new FakeServer(clock);
        server.roles = List.of("control-plane");
        node = new TestNode(folder, server, clock);
        agent = node.boot();
        running = Thread.ofPlatform().start(() -> {
            try {
                agent.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        await(() -> Files.exists(node.file("pki/admin.crt")));
    }

    @AfterEach
    void stop() throws InterruptedException {
        agent.stop();
        running.join(Duration.ofSeconds(10));
        agent.close();
        server.close();
    }

    @Test
    void renewsWhatTheServerWantsOtherwise() throws Exception {
        server.extraNames = List.of("api.example.org");
        await(() -> String.valueOf(node.certificate("pki/apiserver.crt").getSubjectAlternativeNames())
                .contains("api.example.org"));
    }

    @Test
    void publishesWhatANewRoleBrings() throws Exception {
        server.roles = List.of("control-plane", "etcd");
        await(() -> Files.exists(node.file("pki/etcd/server.crt")));
        assertThat(node.isPair("pki/etcd/server")).isTrue();
    }

    @Test
    void leavesTheFilesOfARoleThatIsGoneAndSaysSo() throws Exception {
        server.roles = List.of("worker");
        await(() -> agent.status().problems().stream()
                .anyMatch(problem -> problem.contains("pki/apiserver.key is left from a role")));
        assertThat(node.isPair("pki/apiserver")).isTrue();
        assertThat(agent.status().problems())
                .anyMatch(problem -> problem.contains("sa.key") && problem.contains("delete it"))
                .noneMatch(problem -> problem.contains("pki/kubelet"));
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("not within a minute").isLessThan(end);
            Thread.sleep(20);
        }
    }
}
