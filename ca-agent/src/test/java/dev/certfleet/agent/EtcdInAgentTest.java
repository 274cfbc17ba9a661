package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.crl.RevocationList;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EtcdInAgentTest {
    @TempDir(factory = InMemory.class)
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));

    @Test
    void publishesTheCrlInTheFirstRoundOnEtcdNodes() throws Exception {
        try (FakeServer server = new FakeServer(clock)) {
            server.roles = List.of("etcd");
            TestNode node = new TestNode(folder, server, clock).withEtcd();
            try (Agent agent = node.boot()) {
                agent.round();

                RevocationList list = RevocationList.parse(Files.readAllBytes(node.file("pki/etcd/crl.der")), 1 << 20);
                assertThat(list.isSignedBy(server.authority(AuthorityKind.ETCD)
                                .certificate()
                                .getPublicKey()))
                        .isTrue();
                assertThat(list.serials()).containsExactly(canary(agent));
                assertThat(agent.status().etcd()).contains("CRL 1 of 2026-11-24T08:00:00Z, 1 entries");
                assertThat(agent.status().gate()).isNull();
                assertThat(agent.metrics()).contains("certfleet_etcd_crl_entries 1\n");
                assertThat(node.command("status").out()).contains("etcd-canary");
                assertThat(node.file("pki/etcd/canary.key")).doesNotExist();
            }
        }
    }

    private static BigInteger canary(Agent agent) {
        return agent.status().certificates().stream()
                .filter(line -> line.profile().equals("etcd-canary"))
                .map(line -> new BigInteger(String.valueOf(line.serial()), 16))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void asksForAnotherCanaryWhereTheServerForgotTheFirst() throws Exception {
        try (FakeServer server = new FakeServer(clock)) {
            server.roles = List.of("etcd");
            TestNode node = new TestNode(folder, server, clock).withEtcd();
            try (Agent agent = node.boot()) {
                agent.round();
            }
            server.revokedAtEtcd.clear();
            clock.advance(Duration.ofDays(2));
            try (Agent agent = node.boot()) {
                agent.round();
                BigInteger first = canary(agent);
                for (int i = 0; i < 100 && canary(agent).equals(first); i++) {
                    Thread.sleep(50);
                    agent.round();
                }
                assertThat(canary(agent)).isNotEqualTo(first);
            }
        }
    }

    @Test
    void keepsNoCrlOnOtherNodes() throws Exception {
        try (FakeServer server = new FakeServer(clock)) {
            server.roles = List.of("control-plane");
            TestNode node = new TestNode(folder, server, clock).withEtcd();
            try (Agent agent = node.boot()) {
                agent.round();

                assertThat(node.file("pki/etcd/crl.der")).doesNotExist();
                assertThat(agent.status().etcd()).isNull();
                assertThat(agent.metrics()).doesNotContain("certfleet_etcd");
            }
        }
    }
}
