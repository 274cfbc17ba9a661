package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.wire.LoadedBundle;
import dev.certfleet.pki.wire.RestartLeaseRequest;
import dev.certfleet.pki.wire.RestartOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether components use the CA bundles that are published, and the restarts of those that never will. */
@SuppressWarnings("NullAway.Init")
class RestartTest {
    @TempDir(factory = InMemory.class)
    Path folder;

    /** Pauses for absent components end at multiples of themselves: this is one of all of them. */
    private static final Duration ALL_PAUSES = Duration.ofMinutes(20);

    /**
     * Near the real one at first, which is what the JDK verifies certificates by; and at the beginning of every pause, so that
     * none ends within the second that a test takes for hurry.
     */
    private final FakeClock clock = new FakeClock(
            beginningOfPause(ProcessHandle.current().info().startInstant().orElseThrow()));

    private FakeServer server;
    private TestNode node;
    private ComponentProcess etcd;
    private FakeComponent clients;
    private FakeComponent peers;
    private List<X509Certificate> accepted = List.of();
    private TestAuthority successor;

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        server = new FakeServer(clock);
        server.roles = List.of("etcd");
        successor = new TestAuthority("prod etcd 2", clock.instant());
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        if (etcd != null) {
            etcd.close();
            clients.close();
            peers.close();
        }
    }

    @Test
    void restartsEtcdOnALeaseWhereItsAuthoritiesChanged() throws Exception {
        Agent agent = runningEtcd(", restart: [[/bin/sh, -c, 'kill $(cat %FOLDER/pid)']]");
        assertThat(bundle(agent, "etcd").loaded()).isTrue();
        assertThat(server.leases).isEmpty();

        addAuthority();
        agent.round();

        assertThat(server.leases)
                .containsExactly(new RestartLeaseRequest("etcd", "etcd has an old copy of the CA bundle 'etcd'"));
        etcd.awaitEnd();
        assertThat(bundle(agent, "etcd").loaded()).isFalse();
        assertThat(bundle(agent, "etcd").waitingFor()).isEqualTo("restart of etcd");
        assertThat(server.restarts).isEmpty();

        startsAgain();
        clock.advance(Duration.ofSeconds(1));
        node.boot().round();

        assertThat(server.restarts).containsExactly(new RestartOutcome(true, null));
        LoadedBundle last = server.reports.getLast().bundles().stream()
                .filter(bundle -> bundle.bundle().equals("etcd"))
                .findFirst()
                .orElseThrow();
        assertThat(last.loaded()).isTrue();
        assertThat(last.authorities())
                .containsExactly(server.authority(AuthorityKind.ETCD).fingerprint(), successor.fingerprint());
        assertThat(server.leases).hasSize(1);
    }

    @Test
    void waitsForItsTurn() throws Exception {
        Agent agent = runningEtcd(", restart: [[/bin/sh, -c, 'kill $(cat %FOLDER/pid)']]");
        server.leaseIsTaken = true;
        addAuthority();
        agent.round();
        clock.advance(Duration.ofSeconds(20));
        agent.round();
        assertThat(etcd.isAlive()).isTrue();
        assertThat(agent.status().needsAttention()).isFalse();

        server.leaseIsTaken = false;
        clock.advance(Duration.ofSeconds(20));
        agent.round();

        etcd.awaitEnd();
        assertThat(server.leases).hasSize(1);
    }

    @Test
    void looksAgainSoonAtAComponentThatIsStartedWithTheSecondFormOfAKubeconfig() throws Exception {
        server.roles = List.of("control-plane");
        node = new TestNode(folder, server, clock).withComponents();
        node.boot().round();
        try (ComponentProcess scheduler = ComponentProcess.start(
                "kube-scheduler", "--kubeconfig=" + node.file("certfleet/kubeconfig/scheduler.conf"))) {
            Agent agent = node.boot();
            agent.round();
            assertThat(agent.round()).isAfter(clock.instant().plusSeconds(1));
            server.otherBundles.put(
                    "kubernetes", server.authority(AuthorityKind.KUBERNETES).pem() + successor.pem());
            clock.advance(Duration.ofSeconds(20));

            assertThat(agent.round()).isEqualTo(clock.instant().plusSeconds(1));
            assertThat(bundle(agent, "kubernetes").waitingFor()).isEqualTo("restart of kube-scheduler");

            // Nobody restarts it: no need to hurry.
            clock.advance(Duration.ofDays(1));
            agent.round();
            assertThat(agent.round()).isAfter(clock.instant().plusSeconds(1));
            assertThat(scheduler.isAlive()).isTrue();
        }
    }

    @Test
    void restartsNothingThatIsNotWell() throws Exception {
        Agent agent = runningEtcd(", restart: [[/bin/sh, -c, 'kill $(cat %FOLDER/pid)']]");
        clients.body = "{\"health\":\"false\"}";
        addAuthority();
        agent.round();

        assertThat(etcd.isAlive()).isTrue();
        assertThat(server.leases).isEmpty();
        assertThat(agent.status().problems())
                .singleElement()
                .asString()
                .contains("it is not restarted while it is not well");
    }

    @Test
    void tellsTheServerOfAComponentThatDoesNotComeBackAndOfItsRecovery() throws Exception {
        Agent agent = runningEtcd(", restart: [[/bin/sh, -c, 'kill $(cat %FOLDER/pid)']]");
        addAuthority();
        agent.round();
        etcd.awaitEnd();
        clients.status = 503;
        clock.advance(Duration.ofMinutes(1));
        agent.round();
        assertThat(server.restarts).isEmpty();

        clock.advance(Duration.ofMinutes(1));
        agent.round();
        assertThat(server.restarts).singleElement().satisfies(outcome -> {
            assertThat(outcome.healthy()).isFalse();
            assertThat(outcome.detail()).contains("status 503");
        });
        assertThat(agent.status().problems()).anyMatch(problem -> problem.contains("not well after its restart"));

        clients.status = 200;
        startsAgain();
        clock.advance(Duration.ofSeconds(20));
        Agent next = node.boot();
        next.round();

        assertThat(server.restarts).last().isEqualTo(new RestartOutcome(true, null));
        assertThat(next.status().problems()).isEmpty();
    }

    @Test
    void neverRestartsTwiceForTheSame() throws Exception {
        Agent agent = runningEtcd(", restart: [['true']]");
        addAuthority();
        agent.round();
        for (int i = 0; i < 10; i++) {
            clock.advance(Duration.ofMinutes(1));
            agent.round();
        }

        assertThat(server.leases).hasSize(1);
        assertThat(server.restarts)
                .containsExactly(new RestartOutcome(true, "the restart did not replace its process"));
        assertThat(agent.status().problems())
                .singleElement()
                .asString()
                .contains("although it was restarted for it; restart it by hand");
    }

    @Test
    void saysWhatToRestartWhereItDoesNotKnowHow() throws Exception {
        Agent agent = runningEtcd(", restart: never");
        addAuthority();
        agent.round();

        assertThat(server.leases).isEmpty();
        assertThat(etcd.isAlive()).isTrue();
        assertThat(agent.status().problems())
                .singleElement()
                .asString()
                .isEqualTo("etcd has an old copy of the CA bundle 'etcd' and only reads it when it starts: restart it"
                        + " (components.etcd.restart is never)");
        assertThat(agent.metrics()).contains("certfleet_agent_bundle_loaded{bundle=\"etcd\"} 0\n");
    }

    @Test
    void restartsNothingForAProcessThatReadsAnotherFile() throws Exception {
        node = new TestNode(folder, server, clock).withComponents(", restart: [['true']]");
        node.boot().round();
        etcd = ComponentProcess.start("etcd", "--trusted-ca-file=" + folder.resolve("other.crt"));
        listen();
        Agent agent = node.boot();
        agent.round();
        addAuthority();
        agent.round();

        assertThat(server.leases).isEmpty();
        assertThat(bundle(agent, "etcd").waitingFor()).isEqualTo("etcd to use " + node.file("pki/etcd/ca.crt"));
    }

    @Test
    void refusesABundleThatWouldLockOutWhatIsInUseUntilThatIsRenewed() throws Exception {
        Agent agent = runningEtcd("");
        String before = Files.readString(node.file("pki/etcd/ca.crt"));
        server.otherBundles.put("etcd", successor.pem());
        clock.advance(Duration.ofSeconds(20));
        agent.round();

        assertThat(node.file("pki/etcd/ca.crt")).hasContent(before);
        assertThat(agent.status().problems())
                .singleElement()
                .asString()
                .contains("lacks the authority of " + node.file("pki/etcd/server.crt"), "stays as it is");

        server.replace(AuthorityKind.ETCD, successor);
        server.renewBefore = clock.instant().toString();
        clock.advance(Duration.ofSeconds(20));
        agent.round();

        assertThat(node.file("pki/etcd/ca.crt")).hasContent(successor.pem());
        assertThat(node.certificate("pki/etcd/server.crt").getIssuerX500Principal())
                .isEqualTo(successor.certificate().getSubjectX500Principal());
    }

    /** An agent whose etcd runs, started after everything was published. */
    private Agent runningEtcd(String settings) throws Exception {
        node = new TestNode(folder, server, clock).withComponents(settings.replace("%FOLDER", folder.toString()));
        node.boot().round();
        etcd = ComponentProcess.start(
                "etcd", "--trusted-ca-file", node.file("pki/etcd/ca.crt").toString());
        Files.writeString(folder.resolve("pid"), Long.toString(etcd.pid()));
        listen();
        Agent agent = node.boot();
        agent.round();
        return agent;
    }

    private void listen() throws Exception {
        accepted = List.of(server.authority(AuthorityKind.ETCD).certificate());
        clients = FakeComponent.start(
                node.settings().etcd().clientPort(),
                FakeComponent.files(node.file("pki/etcd/server.crt"), node.file("pki/etcd/server.key")),
                () -> accepted);
        clients.status = 200;
        clients.body = "{\"health\":\"true\"}";
        peers = FakeComponent.start(
                node.settings().etcd().peerPort(),
                FakeComponent.files(node.file("pki/etcd/peer.crt"), node.file("pki/etcd/peer.key")),
                () -> accepted);
    }

    private void addAuthority() {
        server.otherBundles.put("etcd", server.authority(AuthorityKind.ETCD).pem() + successor.pem());
        clock.advance(Duration.ofSeconds(20));
    }

    private void startsAgain() throws Exception {
        etcd = ComponentProcess.start(
                "etcd", "--trusted-ca-file", node.file("pki/etcd/ca.crt").toString());
        accepted = List.of(server.authority(AuthorityKind.ETCD).certificate(), successor.certificate());
    }

    private static LoadedBundle bundle(Agent agent, String name) {
        return agent.status().bundles().stream()
                .filter(bundle -> bundle.bundle().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Instant beginningOfPause(Instant time) {
        return time.minusMillis(time.toEpochMilli() % ALL_PAUSES.toMillis());
    }
}
