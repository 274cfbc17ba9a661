package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.TestNode.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a timer starts on a worker. */
class OnceCommandTest {
    @TempDir(factory = InMemory.class)
    Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));
    private FakeServer server;
    private TestNode node;

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        server = new FakeServer(clock);
        server.roles = List.of("worker");
        node = new TestNode(folder, server, clock).with("kubernetes: {apiServer: 'https://10.0.0.1:6443'}\n");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void enrolsPublishesReportsAndExits() throws IOException {
        Outcome outcome = node.command("once");

        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.status()).isZero();
        assertThat(node.isPair("pki/kubelet")).isTrue();
        assertThat(server.reports).isNotEmpty();
        assertThat(node.command("doctor").out()).contains("ok    the agent runs by a timer, last at 2026-11-24T08:00");
    }

    @Test
    void doesNothingWhileNothingIsDueAndRenewsWhenItIs() throws IOException {
        node.command("once");
        String first = node.serial("pki/kubelet.crt");

        clock.advance(Duration.ofDays(10));
        assertThat(node.command("once").status()).isZero();
        assertThat(node.serial("pki/kubelet.crt")).isEqualTo(first);

        clock.advance(Duration.ofDays(11));
        assertThat(node.command("once").status()).isZero();
        assertThat(node.serial("pki/kubelet.crt")).isNotEqualTo(first);
    }

    @Test
    void runsTheHooksOfWhatItPublished() throws IOException {
        node.with("hooks: {kubelet-serving: [[touch, '" + folder.resolve("told") + "']]}\n");

        assertThat(node.command("once").status()).isZero();

        assertThat(folder.resolve("told")).exists();
    }

    @Test
    void saysWhatIsWrongInItsExitStatusAndChangesNothing() throws IOException {
        node.command("once");
        byte[] before = Files.readAllBytes(node.file("pki/kubelet.crt"));
        server.close();

        Outcome outcome = node.command("once");

        assertThat(outcome.status()).isEqualTo(ExitCode.ATTENTION.status());
        assertThat(outcome.err()).contains("no server answers").hasLineCount(1);
        assertThat(node.file("pki/kubelet.crt")).hasBinaryContent(before);
    }

    @Test
    void saysWhatKeepsOneCertificateBack() throws IOException {
        node.with("hooks: {kubelet-serving: [['false']]}\n");

        Outcome outcome = node.command("once");

        assertThat(outcome.status()).isEqualTo(ExitCode.ATTENTION.status());
        assertThat(outcome.err()).startsWith("ca-agent: kubelet-serving: ").hasLineCount(1);
    }

    @Test
    void refusesNodesWhoseRevocationsNeedAnAgentAllTheTime() throws IOException {
        for (String role : List.of("control-plane", "etcd")) {
            server.roles = List.of("worker", role);
            server.tokenUses = 1;
            TestNode other = new TestNode(Files.createDirectory(folder.resolve(role)), server, clock);

            Outcome outcome = other.command("once");

            assertThat(outcome.status()).isEqualTo(ExitCode.SETTINGS.status());
            assertThat(outcome.err()).contains("this node has the role " + role).hasLineCount(1);
            assertThat(other.kubernetes).doesNotExist();
        }
    }

    @Test
    void refusesWhereAnAgentRuns() throws IOException {
        node.command("once");
        try (StateFolder.Lock _ = new StateFolder(node.state).lock()) {
            Outcome outcome = node.command("once");

            assertThat(outcome.status()).isEqualTo(ExitCode.NOT_RUNNING.status());
            assertThat(outcome.err()).contains("another agent is using").hasLineCount(1);
        }
    }

    @Test
    void saysThatThereIsNoToken() throws IOException {
        Files.delete(folder.resolve("token"));

        Outcome outcome = node.command("once");

        assertThat(outcome.status()).isEqualTo(ExitCode.NOT_RUNNING.status());
        assertThat(outcome.err()).contains("there is no token").hasLineCount(1);
    }

    @Test
    void leavesItsMetricsInAFile() throws IOException {
        Path file = folder.resolve("certfleet.prom");

        assertThat(node.command("once", "--metrics-file", file.toString()).status())
                .isZero();

        assertThat(Files.readString(file))
                .contains(
                        "certfleet_agent_enrolled 1",
                        "certfleet_agent_certificate_not_after_seconds{profile=\"kubelet-serving\"}");
    }
}
