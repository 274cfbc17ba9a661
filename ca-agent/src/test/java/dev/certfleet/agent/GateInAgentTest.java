package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.AuthorityKind;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Instant;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GateInAgentTest {
    @TempDir(factory = InMemory.class)
    Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));

    @Test
    void runsTheGateOnControlPlaneNodesBehindItsPublishedCertificate() throws Exception {
        try (FakeServer server = new FakeServer(clock)) {
            TestNode node = new TestNode(folder, server, clock).withGate();
            int port = node.settings().gate().settings().port();
            try (Agent agent = node.boot()) {
                agent.round();
                agent.round();

                assertThat(node.file("certfleet/gate/authorization.yaml"))
                        .content()
                        .contains(node.file("certfleet/gate/webhook.kubeconfig").toString());
                assertThat(node.file("certfleet/gate/webhook.kubeconfig"))
                        .content()
                        .contains(
                                ":" + port + "/authorize",
                                node.file("certfleet/gate/ca.crt").toString());
                assertThat(health(server, port)).contains("certificates");
                assertThat(agent.status().gate()).isNotNull();
                assertThat(agent.metrics()).contains("certfleet_gate_", "certfleet_agent_info");
                assertThat(server.reports.getLast().gate()).isNotNull();
            }
            assertThat(isClosed(server, port)).isTrue();
        }
    }

    @Test
    void refusesASecondGateOnTheSameState() throws Exception {
        try (FakeServer server = new FakeServer(clock)) {
            TestNode node = new TestNode(folder, server, clock).withGate();
            try (Agent first = node.boot()) {
                first.round();
                try (Agent second = node.boot()) {
                    second.round();

                    assertThat(first.status().problems())
                            .noneMatch(problem -> problem.contains("another revocation gate"));
                    assertThat(second.status().problems())
                            .anyMatch(problem -> problem.contains("another revocation gate"));
                    assertThat(node.command("gate").status()).isEqualTo(ExitCode.NOT_RUNNING.status());
                }
            }
            try (Agent next = node.boot()) {
                next.round();

                assertThat(next.status().problems()).noneMatch(problem -> problem.contains("another revocation gate"));
            }
        }
    }

    @Test
    void asksForItsFilesAtOnceWhenAnAuthorityMayHaveToLeaveThem() throws Exception {
        try (FakeServer server = new FakeServer(clock)) {
            TestNode node = new TestNode(folder, server, clock).withGate();
            try (Agent agent = node.boot()) {
                agent.round();
                int before = server.assignments.get();
                agent.round();
                assertThat(server.assignments.get()).isEqualTo(before);

                agent.pollNow();
                agent.round();

                assertThat(server.assignments.get()).isEqualTo(before + 1);
            }
        }
    }

    @Test
    void writesTheAuthorizationConfigurationAnewWhenTheGatesAuthoritiesChange() throws Exception {
        try (FakeServer server = new FakeServer(clock)) {
            TestNode node = new TestNode(folder, server, clock).withGate();
            Path configuration = node.file("certfleet/gate/authorization.yaml");
            try (Agent agent = node.boot()) {
                agent.round();
                awaitOtherThan("", configuration);
                String before = Files.readString(configuration);

                server.otherBundles.put(
                        "agents",
                        server.authority(AuthorityKind.AGENTS).pem()
                                + new TestAuthority("prod agents 2", clock.instant()).pem());
                agent.pollNow();
                agent.round();

                awaitOtherThan(before, configuration);
            }
        }
    }

    private static void awaitOtherThan(String before, Path file) throws Exception {
        for (int i = 0; !Files.exists(file) || Files.readString(file).equals(before); i++) {
            assertThat(i).as("tenths of a second until " + file + " is written").isLessThan(200);
            Thread.sleep(100);
        }
    }

    @Test
    void runsNoGateOnWorkers() throws Exception {
        try (FakeServer server = new FakeServer(clock)) {
            server.roles = java.util.List.of("worker");
            TestNode node = new TestNode(folder, server, clock).withGate();
            try (Agent agent = node.boot()) {
                agent.round();

                assertThat(agent.status().gate()).isNull();
                assertThat(node.file("certfleet/gate")).doesNotExist();
                assertThat(agent.status().problems()).allMatch(problem -> problem.contains("set kubernetes.apiServer"));
            }
        }
    }

    private static boolean isClosed(FakeServer server, int port) throws Exception {
        try {
            health(server, port);
            return false;
        } catch (SSLHandshakeException e) {
            return false;
        } catch (java.io.IOException e) {
            return true;
        }
    }

    private static String health(FakeServer server, int port) throws Exception {
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null, null);
        store.setCertificateEntry(
                "agents", server.authority(AuthorityKind.AGENTS).certificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        try (HttpClient http = HttpClient.newBuilder().sslContext(context).build()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/healthz"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }
}
