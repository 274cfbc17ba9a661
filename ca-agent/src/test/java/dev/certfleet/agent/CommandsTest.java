package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.TestNode.Outcome;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as people use it: arguments in, lines and an exit status out. */
class CommandsTest {
    @TempDir(factory = InMemory.class)
    Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));
    private FakeServer server;
    private TestNode node;

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        server = new FakeServer(clock);
        server.roles = List.of("etcd");
        node = new TestNode(folder, server, clock);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void enrolsOnceAndSaysSo() throws IOException {
        Outcome first = node.command("enrol");
        Outcome second = node.command("enrol");

        assertThat(first.status()).isZero();
        assertThat(first.out()).startsWith("enrolled as cp-1 in cluster prod, roles etcd");
        assertThat(second.status()).isZero();
        assertThat(second.out()).startsWith("this node is enrolled already");
        assertThat(server.count("POST /api/v1/enrolments")).isEqualTo(1);
    }

    @Test
    void takesTheTokenFromStandardInput() throws IOException {
        Files.delete(folder.resolve("token"));
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream(FakeServer.TOKEN.getBytes(StandardCharsets.UTF_8)));
            assertThat(node.command("enrol", "--token-file", "-").status()).isZero();
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void saysWhereATokenCouldComeFrom() throws IOException {
        Files.delete(folder.resolve("token"));

        Outcome outcome = node.command("enrol");

        assertThat(outcome.status()).isEqualTo(ExitCode.SETTINGS.status());
        assertThat(outcome.err())
                .contains("--token-file", "CERTFLEET_ENROLMENT_TOKEN")
                .hasLineCount(1);
    }

    @Test
    void refusesWrongPin() throws IOException {
        String wrong = "sha256:" + "ab".repeat(32);

        Outcome outcome = node.command("enrol", "--ca-fingerprint", wrong);

        assertThat(outcome.status()).isEqualTo(ExitCode.UNREACHABLE.status());
        assertThat(outcome.err())
                .contains("pinned by " + wrong, "sha256:" + server.fingerprint())
                .hasLineCount(1);
        assertThat(server.requests)
                .as("nothing was sent to a server that is not the right one")
                .isEmpty();
        assertThat(server.tokenUses).isEqualTo(1);
    }

    @Test
    void refusesAServerWhoseNameIsNotInItsCertificate() throws Exception {
        try (FakeServer elsewhere = new FakeServer(clock, "ca.example.org")) {
            Outcome outcome = new TestNode(folder, elsewhere, clock).command("enrol");

            assertThat(outcome.status()).isEqualTo(ExitCode.UNREACHABLE.status());
            assertThat(outcome.err()).contains("not the expected certfleet server", "localhost");
            assertThat(elsewhere.requests).isEmpty();
        }
    }

    @Test
    void aPinThatIsNotOneIsNamed() throws IOException {
        Outcome outcome = node.command("enrol", "--ca-fingerprint", "sha256:1234");

        assertThat(outcome.status()).isEqualTo(ExitCode.SETTINGS.status());
        assertThat(outcome.err()).contains("--ca-fingerprint has to be sha256: and 64 hexadecimal digits");
    }

    @Test
    void aRefusedTokenIsOneClearLine() throws IOException {
        server.tokenUses = 0;

        Outcome outcome = node.command("enrol");

        assertThat(outcome.status()).isEqualTo(ExitCode.REFUSED.status());
        assertThat(outcome.err())
                .isEqualTo("ca-agent: the server refuses: the token is not known or used up [403"
                        + " urn:certfleet:problem:token-refused]\n");
    }

    @Test
    void anUnreachableServerIsOneClearLine() throws IOException {
        server.close();

        Outcome outcome = node.command("enrol");

        assertThat(outcome.status()).isEqualTo(ExitCode.UNREACHABLE.status());
        assertThat(outcome.err())
                .contains("no server answers: " + server.address() + ": Connection refused")
                .hasLineCount(1);
    }

    @Test
    void tokenNeverReachesArgumentsOrLogs() throws Exception {
        List<String> log = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                log.add(record.getMessage() + java.util.Arrays.toString(record.getParameters()));
            }

            @Override
            public void flush() {
                // Nothing is held back.
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        try {
            Outcome asArgument = node.command("enrol", "--token", FakeServer.TOKEN);
            assertThat(asArgument.status()).isEqualTo(ExitCode.USAGE.status());
            assertThat(server.requests).isEmpty();
            server.tokenUses = 0;
            Outcome refused = node.command("enrol");
            node.boot().round();
            server.tokenUses = 1;
            Outcome enrolled = node.command("enrol");
            node.boot().round();

            assertThat(refused.err() + enrolled.err() + enrolled.out() + log).doesNotContain(FakeServer.TOKEN);
            assertThat(log).isNotEmpty();
            try (Stream<Path> files = Files.walk(node.state)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                            .as(file.toString())
                            .doesNotContain(FakeServer.TOKEN);
                }
            }
        } finally {
            root.removeHandler(handler);
        }
    }

    @Test
    void privateKeysNeverReachTheServer() throws Exception {
        node.boot().round();

        assertThat(server.bodies()).isNotEmpty().noneMatch(body -> body.contains("PRIVATE KEY"));
    }

    @Test
    void showsItsStateWithAndWithoutARunningAgent() throws Exception {
        Agent agent = node.boot();
        agent.round();
        Outcome table = node.command("status");
        Outcome json = node.command("status", "-o", "json");

        assertThat(table.status()).isZero();
        assertThat(table.out())
                .contains("Node cp-1 in cluster prod, roles etcd", "The agent does not run")
                .containsPattern("etcd-server +" + node.file("pki/etcd/server.crt") + " +in-use +2026-12-24T08:00:00Z"
                        + " \\(in 30 d\\) +renew in \\d+ d");
        assertThat(json.out()).contains("\"profile\"", "\"etcd-server\"");
    }

    @Test
    void statusBeforeEnrolmentSaysWhatIsMissing() throws IOException {
        Outcome outcome = node.command("status");

        assertThat(outcome.status()).isEqualTo(ExitCode.NOT_RUNNING.status());
        assertThat(outcome.err()).contains("not enrolled").hasLineCount(1);
    }

    @Test
    void renewsWhenItIsTold() throws Exception {
        try (Running running = new Running()) {
            running.await(() -> Files.exists(node.file("pki/etcd/peer.crt")));
            String peer = node.serial("pki/etcd/peer.crt");
            String other = node.serial("pki/etcd/server.crt");
            byte[] key = Files.readAllBytes(node.file("pki/etcd/peer.key"));

            Outcome outcome = node.command("renew", "etcd-peer");

            assertThat(outcome.err()).isEmpty();
            assertThat(outcome.status()).isZero();
            assertThat(node.serial("pki/etcd/peer.crt")).isNotEqualTo(peer);
            assertThat(node.serial("pki/etcd/server.crt")).isEqualTo(other);
            assertThat(Files.readAllBytes(node.file("pki/etcd/peer.key"))).isEqualTo(key);
            assertThat(node.command("status").out()).contains("The agent runs");

            assertThat(node.command("renew", "etcd-peer", "--new-key").status()).isZero();
            assertThat(Files.readAllBytes(node.file("pki/etcd/peer.key"))).isNotEqualTo(key);
            assertThat(node.command("renew", "kubelet-client").err()).contains("holds no certificate of the profile");
            assertThat(node.command("renew", "etcd-pear").err()).contains("no profile is called 'etcd-pear'");
        }
    }

    @Test
    void renewWithoutARunningAgentSaysSo() throws IOException {
        Outcome outcome = node.command("renew");

        assertThat(outcome.status()).isEqualTo(ExitCode.NOT_RUNNING.status());
        assertThat(outcome.err()).isEqualTo("ca-agent: no agent is running on this node\n");
    }

    @Test
    void aSecondAgentOnOneStateFolderIsRefused() throws Exception {
        try (Running running = new Running()) {
            running.await(() -> Files.exists(node.file("pki/etcd/peer.crt")));

            Outcome outcome = node.command("run");

            assertThat(outcome.status()).isEqualTo(ExitCode.NOT_RUNNING.status());
            assertThat(outcome.err()).contains("another agent is using").hasLineCount(1);
        }
    }

    @Test
    void doctorSaysWhatToDo() throws Exception {
        node.boot().round();
        clock.advance(Duration.ofMinutes(-1));
        Outcome healthy = node.command("doctor");
        server.close();
        Outcome away = node.command("doctor");

        assertThat(healthy.out())
                .contains("ok    the server answers and knows this node", "ok    enrolled as cp-1")
                .contains("wrong the agent does not run; start it with");
        assertThat(away.status()).isEqualTo(ExitCode.ATTENTION.status());
        assertThat(away.out()).contains("wrong no server answers", "check server.addresses");
    }

    @Test
    void unknownCommandsAndOptionsAreOneLine() throws IOException {
        assertThat(node.command("enroll").err()).hasLineCount(1);
        assertThat(node.command("enroll").status()).isEqualTo(ExitCode.USAGE.status());
        assertThat(node.command().status()).isEqualTo(ExitCode.USAGE.status());
    }

    /** An agent that runs, with its control socket. */
    private final class Running implements AutoCloseable {
        private final StateFolder.Lock lock;
        private final Agent agent = node.boot();
        private final dev.certfleet.agent.control.ControlSocket socket;
        private final Thread thread;

        Running() {
            lock = new StateFolder(node.state).lock();
            socket = dev.certfleet.agent.control.ControlSocket.open(node.state.resolve("agent.sock"), agent::handle);
            thread = Thread.ofPlatform().start(() -> {
                try {
                    agent.run();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }

        void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
            for (int i = 0; i < 400 && !condition.getAsBoolean(); i++) {
                Thread.sleep(50);
            }
            assertThat(condition.getAsBoolean()).isTrue();
        }

        @Override
        public void close() {
            agent.stop();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            socket.close();
            agent.close();
            lock.close();
        }
    }
}
