package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent that knows several addresses. */
class SeveralServersTest {
    @TempDir(factory = InMemory.class)
    Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));
    private FakeServer server;
    private TestNode node;

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        server = new FakeServer(clock);
        node = new TestNode(folder, server, clock);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void goesToTheNextWhereOneDoesNotAnswer() throws Exception {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0)) {
            nobody = socket.getLocalPort();
        }
        Agent agent = node.afterAddress("https://localhost:" + nobody).boot();
        agent.round();
        assertThat(node.isPair("pki/apiserver")).isTrue();
        assertThat(agent.status().problems()).isEmpty();
    }

    @Test
    void goesToTheNextWhereOneIsAnotherInstallation() throws Exception {
        try (FakeServer stranger = new FakeServer(clock)) {
            Agent agent = node.afterAddress(stranger.address().toString()).boot();
            agent.round();
            assertThat(node.isPair("pki/apiserver")).isTrue();
            assertThat(stranger.requests).as("not even the token was sent").isEmpty();
        }
    }
}
