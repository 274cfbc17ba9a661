package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.pki.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentTest {
    private static final List<String> CONTROL_PLANE = List.of(
            "pki/apiserver",
            "pki/apiserver-kubelet-client",
            "pki/apiserver-etcd-client",
            "pki/front-proxy-client",
            "pki/etcd/server",
            "pki/etcd/peer",
            "pki/etcd/healthcheck-client",
            "pki/controller-manager",
            "pki/scheduler",
            "pki/kubelet-client",
            "pki/kubelet",
            "pki/kube-proxy",
            "pki/admin",
            "certfleet/gate/gate");

    /** The identity, and the canary for etcd. */
    private static final int UNPUBLISHED = 2;

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
    void enrolsByItselfAndPublishesEveryFileOfItsRoles() throws Exception {
        node.boot().round();

        for (String name : CONTROL_PLANE) {
            assertThat(node.isPair(name)).as(name).isTrue();
            assertThat(mode(name + ".key")).isEqualTo("rw-------");
            assertThat(mode(name + ".crt")).isEqualTo("rw-r--r--");
        }
        for (String name : List.of("ca", "client-ca", "etcd/ca", "front-proxy-ca")) {
            assertThat(node.file("pki/" + name + ".crt")).exists();
        }
        for (String name :
                List.of("kubelet.conf", "controller-manager.conf", "scheduler.conf", "kube-proxy.conf", "admin.conf")) {
            assertThat(mode(name)).isEqualTo("rw-------");
        }
        assertThat(node.file("scheduler.conf"))
                .content()
                .contains("server: \"https://10.0.0.1:6443\"", "client-key: \"" + node.file("pki/scheduler.key"));
        assertThat(node.file("pki/sa.key")).content().startsWith("-----BEGIN PRIVATE KEY-----");
        assertThat(node.file("pki/sa.pub")).content().startsWith("-----BEGIN PUBLIC KEY-----");
        assertThat(mode("pki/sa.key")).isEqualTo("rw-------");
        assertThat(mode("pki/sa.pub")).as("as kubeadm has it").isEqualTo("rw-------");
        assertThat(node.file("super-admin.conf")).doesNotExist();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(node.state)))
                .isEqualTo("rwx------");
        assertThat(server.reports.getLast().certificates())
                .allMatch(held -> held.state().equals("in-use"));
    }

    @Test
    void renewsAtTwoThirdsOfLifeAndNotBefore() throws Exception {
        Agent agent = node.boot();
        agent.round();
        String first = node.serial("pki/apiserver.crt");

        clock.advance(Duration.ofDays(17));
        agent.round();
        assertThat(node.serial("pki/apiserver.crt")).isEqualTo(first);

        clock.advance(Duration.ofDays(3));
        agent.round();
        for (String name : CONTROL_PLANE) {
            assertThat(node.notAfter(name + ".crt"))
                    .as(name)
                    .isEqualTo(clock.instant().plus(server.life));
            assertThat(node.isPair(name)).as(name).isTrue();
        }
    }

    @Test
    void keepsTheKeyOfPairsThatAreReadAtEachHandshake() throws Exception {
        Agent agent = node.boot();
        agent.round();
        byte[] etcd = Files.readAllBytes(node.file("pki/etcd/server.key"));
        byte[] apiServer = Files.readAllBytes(node.file("pki/apiserver.key"));

        clock.advance(Duration.ofDays(20));
        agent.round();

        assertThat(Files.readAllBytes(node.file("pki/etcd/server.key"))).isEqualTo(etcd);
        assertThat(Files.readAllBytes(node.file("pki/apiserver.key"))).isNotEqualTo(apiServer);
    }

    @Test
    void comesWithANewKeyWhereTheServerRefusesTheOldOne() throws Exception {
        Agent agent = node.boot();
        agent.round();
        byte[] before = Files.readAllBytes(node.file("pki/etcd/server.key"));
        server.refuseSameKey = true;

        clock.advance(Duration.ofDays(20));
        agent.round();
        clock.advance(Duration.ofMinutes(1));
        agent.round();

        assertThat(Files.readAllBytes(node.file("pki/etcd/server.key"))).isNotEqualTo(before);
        assertThat(node.isPair("pki/etcd/server")).isTrue();
    }

    @Test
    void asksAfreshWhereWhatItHoldsIsANodesThatItIsNoMore() throws Exception {
        Agent agent = node.boot();
        agent.round();
        server.renamed = true;

        clock.advance(Duration.ofDays(20));
        agent.round();

        for (String name : CONTROL_PLANE) {
            assertThat(node.notAfter(name + ".crt"))
                    .as(name)
                    .isEqualTo(clock.instant().plus(server.life));
        }
    }

    @Test
    void replacesAKeptKeyAtTheFirstBootAfterItsAge() throws Exception {
        node.boot().round();
        byte[] before = Files.readAllBytes(node.file("pki/etcd/server.key"));
        for (int days = 0; days < 100; days += 10) {
            clock.advance(Duration.ofDays(10));
            node.boot().round();
        }
        assertThat(Files.readAllBytes(node.file("pki/etcd/server.key"))).isEqualTo(before);

        Files.writeString(node.state.resolve("boot-id"), "another boot");
        node.boot().round();

        assertThat(Files.readAllBytes(node.file("pki/etcd/server.key"))).isNotEqualTo(before);
        assertThat(node.isPair("pki/etcd/server")).isTrue();
    }

    @Test
    void renewsWhenItsNamesChange() throws Exception {
        Agent agent = node.boot();
        agent.round();
        String other = node.serial("pki/etcd/server.crt");
        String before = node.serial("pki/apiserver.crt");

        server.extraNames = List.of("api.example.org");
        clock.advance(Duration.ofSeconds(20));
        agent.round();

        assertThat(node.serial("pki/apiserver.crt")).isNotEqualTo(before);
        assertThat(node.certificate("pki/apiserver.crt")
                        .getSubjectAlternativeNames()
                        .toString())
                .contains("api.example.org");
        assertThat(node.serial("pki/etcd/server.crt")).isEqualTo(other);
    }

    @Test
    void renewsOnceWhenTheServerAsks() throws Exception {
        Agent agent = node.boot();
        agent.round();
        String identity = agent.identity().orElseThrow().id();
        int before = server.issued;
        server.renewBefore = clock.instant().toString();

        for (int i = 0; i < 5; i++) {
            clock.advance(Duration.ofSeconds(20));
            agent.round();
        }

        assertThat(server.issued - before).isEqualTo(CONTROL_PLANE.size() + UNPUBLISHED);
        assertThat(agent.identity().orElseThrow().id()).isNotEqualTo(identity);
    }

    @Test
    void survivesCrashAfterServerIssued() throws Exception {
        Agent agent = node.boot();
        agent.round();
        clock.advance(Duration.ofDays(20));
        int before = server.issued;
        byte[] published = Files.readAllBytes(node.file("pki/apiserver.crt"));

        server.dropAnswers = true;
        agent.round();
        assertThat(Files.readAllBytes(node.file("pki/apiserver.crt"))).isEqualTo(published);
        server.dropAnswers = false;
        clock.advance(Duration.ofMinutes(10));
        node.boot().round();

        // The identity and what was asked for while the answers were lost came once; nothing was issued twice.
        assertThat(server.issued - before).isEqualTo(CONTROL_PLANE.size() + UNPUBLISHED);
        assertThat(node.notAfter("pki/apiserver.crt")).isAfter(clock.instant().plus(Duration.ofDays(29)));
    }

    @Test
    void asksAgainForWhatTheServerIsStillWorkingOn() throws Exception {
        server.busy = 2;
        Agent agent = node.boot();
        for (int i = 0; i < 3; i++) {
            agent.round();
            clock.advance(Duration.ofMinutes(1));
        }

        assertThat(server.tokenUses).isZero();
        assertThat(node.isPair("pki/apiserver")).isTrue();
        assertThat(server.issued).isEqualTo(CONTROL_PLANE.size() + UNPUBLISHED);
    }

    @Test
    void aLostAnswerToTheEnrolmentDoesNotBurnTheToken() throws Exception {
        server.dropAnswers = true;
        node.boot().round();
        assertThat(server.tokenUses).isZero();

        server.dropAnswers = false;
        node.boot().round();

        assertThat(node.isPair("pki/apiserver")).isTrue();
    }

    @Test
    void renewsItsIdentityInTwoPhases() throws Exception {
        Agent agent = node.boot();
        agent.round();
        String before = agent.identity().orElseThrow().id();

        clock.advance(Duration.ofDays(21));
        agent.round();

        String after = agent.identity().orElseThrow().id();
        assertThat(after).isNotEqualTo(before);
        clock.advance(Duration.ofDays(21));
        Agent again = node.boot();
        again.round();
        assertThat(again.status().problems()).isEmpty();
        assertThat(node.state.resolve("identity/next.pem")).doesNotExist();
        assertThat(node.state.resolve("identity/next.key")).doesNotExist();
    }

    @Test
    void goesOnWithoutTheServerAndComesBackByItself() throws Exception {
        Agent agent = node.boot();
        agent.round();
        server.down = true;
        clock.advance(Duration.ofDays(25));
        agent.round();
        StatusReport away = agent.status();
        assertThat(away.problems()).singleElement().asString().contains("no server answers");
        assertThat(away.certificates()).allMatch(line -> line.notAfter() != null);

        server.down = false;
        clock.advance(Duration.ofMinutes(10));
        agent.round();

        assertThat(agent.status().needsAttention()).isFalse();
        assertThat(node.notAfter("pki/apiserver.crt")).isAfter(clock.instant().plus(Duration.ofDays(29)));
    }

    @Test
    void putsBackAFileThatWasDeleted() throws Exception {
        Agent agent = node.boot();
        agent.round();
        String serial = node.serial("pki/scheduler.crt");
        Files.delete(node.file("pki/scheduler.crt"));
        Files.delete(node.file("pki/kubelet.key"));

        agent.round();

        assertThat(node.serial("pki/scheduler.crt")).isEqualTo(serial);
        assertThat(node.isPair("pki/kubelet")).isTrue();
    }

    @Test
    void publishesNothingThatItsConsumersWouldRefuse() throws Exception {
        TestAuthority foreign = new TestAuthority("foreign", clock.instant());
        server.twist = issued -> {
            if (!issued.profile().equals("kube-apiserver")) {
                return issued;
            }
            return new dev.certfleet.pki.wire.IssuedCertificate(
                    foreign.fingerprint(),
                    issued.serial(),
                    issued.profile(),
                    issued.notBefore(),
                    issued.notAfter(),
                    Certificates.pem(List.of(foreign.certificate())),
                    foreign.pem());
        };

        Agent agent = node.boot();
        agent.round();

        assertThat(node.file("pki/apiserver.crt")).doesNotExist();
        assertThat(agent.status().certificates())
                .filteredOn(line -> line.profile().equals("kube-apiserver"))
                .singleElement()
                .satisfies(line -> assertThat(line.problem()).contains("another key"));
        assertThat(node.isPair("pki/etcd/server")).isTrue();
    }

    @Test
    void aStateFileCutInHalfCostsANewCertificateAndNothingElse() throws Exception {
        node.boot().round();
        Path state = node.state.resolve("certificates/kube-apiserver/state.json");
        byte[] whole = Files.readAllBytes(state);
        Files.write(state, java.util.Arrays.copyOf(whole, whole.length / 2));
        String before = node.serial("pki/apiserver.crt");

        node.boot().round();

        assertThat(node.serial("pki/apiserver.crt")).isNotEqualTo(before);
        assertThat(node.isPair("pki/apiserver")).isTrue();
    }

    private String mode(String name) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(node.file(name)));
    }
}
