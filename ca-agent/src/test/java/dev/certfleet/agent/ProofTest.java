package dev.certfleet.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import dev.certfleet.pki.wire.HeldCertificate;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether components use what was published, and what becomes of it where they do not. */
class ProofTest {
    private static final Duration POLL = Duration.ofSeconds(20);

    @TempDir(factory = InMemory.class)
    Path folder;

    /** Like the real one at first, which is what the JDK verifies certificates by. */
    private final FakeClock clock =
            new FakeClock(ProcessHandle.current().info().startInstant().orElseThrow());

    private final List<FakeComponent> components = new ArrayList<>();
    private FakeServer server;
    private TestNode node;

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        server = new FakeServer(clock);
        server.roles = List.of("etcd");
        node = new TestNode(folder, server, clock).withComponents();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        for (FakeComponent component : components) {
            component.close();
        }
    }

    @Test
    void provesEachPairOfEtcdOnceEtcdRuns() throws Exception {
        Agent agent = node.boot();
        agent.round();
        assertThat(line(agent, "etcd-server").state()).isEqualTo("in-use");
        assertThat(line(agent, "etcd-server").proof()).isNull();
        assertThat(line(agent, "etcd-server").waitingFor()).isEqualTo("etcd");
        assertThat(agent.status().needsAttention()).isFalse();

        etcd();
        clock.advance(POLL);
        agent.round();

        assertThat(line(agent, "etcd-server").proof()).isEqualTo("served");
        assertThat(line(agent, "etcd-peer").proof()).isEqualTo("served");
        assertThat(line(agent, "etcd-healthcheck-client").proof()).isEqualTo("authenticated");
        assertThat(line(agent, "etcd-canary").proof()).isNull();
        assertThat(server.reports.getLast().certificates())
                .filteredOn(held -> held.profile().equals("etcd-peer"))
                .extracting(HeldCertificate::proof)
                .containsExactly("served");
        assertThat(agent.metrics()).contains("certfleet_agent_certificate_proven{profile=\"etcd-server\"} 1\n");
        assertThat(node.command("status").out()).containsPattern("etcd-server .* served");
    }

    @Test
    void provesARenewedPairInTheRoundThatPublishesIt() throws Exception {
        node.boot().round();
        etcd();
        Agent agent = node.boot();
        agent.round();
        String before = node.serial("pki/etcd/server.crt");

        clock.advance(Duration.ofDays(20));
        agent.round();

        assertThat(node.serial("pki/etcd/server.crt")).isNotEqualTo(before);
        assertThat(line(agent, "etcd-server").proof()).isEqualTo("served");
        assertThat(node.state.resolve("certificates/etcd-server/last.key")).doesNotExist();
    }

    @Test
    void goesBackToTheLastGoodPairWhereAComponentGoesOnWithTheOld() throws Exception {
        node.boot().round();
        FakeComponent etcd = etcd().getFirst();
        Agent agent = node.boot();
        agent.round();
        String good = node.serial("pki/etcd/server.crt");
        etcd.goesOnWithWhatItHas();

        clock.advance(Duration.ofDays(20));
        agent.round();
        String refused = node.serial("pki/etcd/server.crt");
        assertThat(refused).isNotEqualTo(good);
        assertThat(line(agent, "etcd-server").state()).isEqualTo("proving");
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(node.state.resolve("certificates/etcd-server/last.key"))))
                .isEqualTo("rw-------");
        clock.advance(Duration.ofSeconds(29));
        agent.round();
        assertThat(node.serial("pki/etcd/server.crt")).isEqualTo(refused);
        clock.advance(Duration.ofSeconds(1));
        agent.round();
        int issued = server.issued;
        agent.round();

        assertThat(node.serial("pki/etcd/server.crt")).isEqualTo(good);
        assertThat(node.isPair("pki/etcd/server")).isTrue();
        assertThat(line(agent, "etcd-server").problem())
                .contains(
                        "30 s after serial " + refused,
                        "etcd serves the certificate with serial " + good,
                        "serial " + good + " is in place again");
        assertThat(server.reports.getLast().certificates())
                .filteredOn(held -> held.profile().equals("etcd-server"))
                .allMatch(held -> String.valueOf(held.problem()).contains(refused));
        assertThat(node.state.resolve("certificates/etcd-server/last.key")).doesNotExist();

        clock.advance(Duration.ofMinutes(2));
        agent.round();
        assertThat(server.issued).as("no loop").isEqualTo(issued);

        etcd.serving = FakeComponent.files(node.file("pki/etcd/server.crt"), node.file("pki/etcd/server.key"));
        clock.advance(Duration.ofMinutes(4));
        agent.round();
        agent.round();

        assertThat(line(agent, "etcd-server").proof()).isEqualTo("served");
        assertThat(line(agent, "etcd-server").problem()).isNull();
        assertThat(node.serial("pki/etcd/server.crt")).isNotIn(good, refused);
    }

    /** An adopted pair's. */
    @Test
    void goesBackToAPairWhoseKeyIsInKubeadmsForm() throws Exception {
        node.boot().round();
        FakeComponent etcd = etcd().getFirst();
        etcd.goesOnWithWhatItHas();
        Path key = node.file("pki/etcd/server.key");
        PrivateKey own = PrivateKeys.decode(Files.readString(key, US_ASCII));
        try (Writer file = Files.newBufferedWriter(key);
                JcaPEMWriter pem = new JcaPEMWriter(file)) {
            pem.writeObject(own);
        }
        assertThat(key).content().startsWith("-----BEGIN EC PRIVATE KEY-----");
        Agent agent = node.boot();
        agent.round();
        assertThat(line(agent, "etcd-server").proof()).isEqualTo("served");
        String good = node.serial("pki/etcd/server.crt");

        clock.advance(Duration.ofDays(20));
        agent.round();
        assertThat(node.serial("pki/etcd/server.crt")).isNotEqualTo(good);
        clock.advance(Duration.ofSeconds(30));
        agent.round();
        agent.round();

        assertThat(node.serial("pki/etcd/server.crt")).isEqualTo(good);
        assertThat(node.isPair("pki/etcd/server")).isTrue();
    }

    @Test
    void goesBackWhereTheComponentHangs() throws Exception {
        node.boot().round();
        List<FakeComponent> etcd = etcd();
        Agent agent = node.boot();
        agent.round();
        String good = node.serial("pki/etcd/peer.crt");
        etcd.getLast().stopped = true;
        clock.advance(Duration.ofDays(20));
        agent.round();
        clock.advance(Duration.ofSeconds(31));
        agent.round();
        agent.round();

        assertThat(node.serial("pki/etcd/peer.crt")).isEqualTo(good);
        assertThat(line(agent, "etcd-peer").problem()).contains("etcd makes no TLS connection: it does not answer");
        assertThat(line(agent, "etcd-server").proof()).isEqualTo("served");
    }

    @Test
    void aProcessThatIsKilledWhileGoingBackGoesOnWithIt() throws Exception {
        node.boot().round();
        FakeComponent etcd = etcd().getFirst();
        node.boot().round();
        String good = node.serial("pki/etcd/server.crt");
        etcd.goesOnWithWhatItHas();
        Agent killed = node.boot();
        clock.advance(Duration.ofDays(20));
        killed.round();
        clock.advance(Duration.ofSeconds(31));
        killed.round();
        assertThat(line(killed, "etcd-server").state()).isEqualTo("rolling-back");

        Agent next = node.boot();
        next.round();

        assertThat(node.serial("pki/etcd/server.crt")).isEqualTo(good);
        assertThat(line(next, "etcd-server").state()).isEqualTo("renewal-due");
        assertThat(line(next, "etcd-server").problem()).contains("is in place again");
    }

    @Test
    void leavesThePairWhereTheComponentDoesNotRun() throws Exception {
        node.boot().round();
        etcd();
        Agent agent = node.boot();
        agent.round();
        String before = node.serial("pki/etcd/server.crt");
        stop(components);
        clock.advance(Duration.ofDays(20));
        for (int i = 0; i < 5; i++) {
            agent.round();
            clock.advance(POLL);
        }

        assertThat(node.serial("pki/etcd/server.crt")).isNotEqualTo(before);
        assertThat(line(agent, "etcd-server").state()).isEqualTo("in-use");
        assertThat(line(agent, "etcd-server").waitingFor()).isEqualTo("etcd");
        assertThat(agent.status().needsAttention()).isFalse();
        assertThat(node.state.resolve("certificates/etcd-server/last.key")).exists();
    }

    private static void stop(List<FakeComponent> running) throws IOException {
        for (FakeComponent component : running) {
            component.close();
        }
    }

    @Test
    void tellsWhereThereIsNothingToGoBackTo() throws Exception {
        Agent agent = node.boot();
        agent.round();
        TestAuthority other = server.authority(AuthorityKind.ETCD);
        FakeComponent etcd = etcd().getFirst();
        var foreign = foreign(other);
        etcd.serving = () -> foreign;
        String serial = node.serial("pki/etcd/server.crt");
        for (int i = 0; i < 8; i++) {
            clock.advance(POLL);
            agent.round();
        }

        assertThat(node.serial("pki/etcd/server.crt")).isEqualTo(serial);
        assertThat(line(agent, "etcd-server").state()).isEqualTo("proving");
        assertThat(line(agent, "etcd-server").problem())
                .contains("etcd serves the certificate with serial " + Certificates.serial(foreign.certificate())
                        + ", not the published one");
    }

    @Test
    void doesNotBlameAPairForWhatSomebodyElsePutThere() throws Exception {
        node.boot().round();
        etcd();
        Agent agent = node.boot();
        agent.round();
        clock.advance(Duration.ofDays(20));
        stop(components);
        agent.round();
        var foreign = foreign(server.authority(AuthorityKind.ETCD));
        String theirs = Certificates.pem(foreign.chain());
        Files.writeString(node.file("pki/etcd/server.crt"), theirs);
        etcd();
        for (int i = 0; i < 4; i++) {
            clock.advance(POLL);
            agent.round();
        }

        assertThat(node.file("pki/etcd/server.crt")).hasContent(theirs);
        assertThat(line(agent, "etcd-server").proof()).isNull();
        assertThat(line(agent, "etcd-server").problem()).contains("was changed by somebody else");
    }

    @Test
    void aClientPairThatKubeApiserverRefusesIsTakenBack() throws Exception {
        server.roles = List.of("worker");
        node.boot().round();
        FakeComponent apiServer = apiServer();
        Agent agent = node.boot();
        agent.round();
        assertThat(line(agent, "kubelet-client").proof()).isEqualTo("next-connection");
        assertThat(apiServer.lastRequest.getFirst())
                .startsWith("POST /apis/authentication.k8s.io/v1/selfsubjectreviews ");
        String good = node.serial("pki/kubelet-client.crt");
        byte[] key = Files.readAllBytes(node.file("pki/kubelet-client.key"));
        apiServer.takes = client -> Certificates.serial(client).equals(good);

        clock.advance(Duration.ofDays(20));
        agent.round();
        clock.advance(Duration.ofSeconds(31));
        agent.round();
        agent.round();

        assertThat(node.serial("pki/kubelet-client.crt")).isEqualTo(good);
        assertThat(Files.readAllBytes(node.file("pki/kubelet-client.key"))).isEqualTo(key);
        assertThat(line(agent, "kubelet-client").problem()).contains("kube-apiserver refuses it with status 401");
    }

    @Test
    void aBrokenKubeApiserverSaysNothingAboutThePair() throws Exception {
        server.roles = List.of("worker");
        node.boot().round();
        FakeComponent apiServer = apiServer();
        Agent agent = node.boot();
        agent.round();
        String before = node.serial("pki/kube-proxy.crt");
        apiServer.status = 500;

        clock.advance(Duration.ofDays(20));
        agent.round();
        for (int i = 0; i < 4; i++) {
            clock.advance(POLL);
            agent.round();
        }
        assertThat(node.serial("pki/kube-proxy.crt")).isNotEqualTo(before);
        assertThat(line(agent, "kube-proxy").problem()).contains("kube-apiserver answers with status 500");

        apiServer.status = 201;
        clock.advance(Duration.ofMinutes(2));
        agent.round();
        assertThat(line(agent, "kube-proxy").proof()).isEqualTo("next-connection");
        assertThat(agent.status().certificates()).allMatch(line -> line.problem() == null);
    }

    @Test
    void provesEveryPairOfAControlPlaneNode() throws Exception {
        server.roles = List.of("control-plane", "etcd", "worker");
        node.boot().round();
        etcd();
        FakeComponent apiServer = apiServer();
        kubelet();
        apiServer.body = """
                {"status": {"userInfo": {"username": "certfleet:front-proxy-proof"}}}""";
        Agent agent = node.boot();
        agent.round();

        assertThat(agent.status().certificates())
                .filteredOn(line -> line.proof() == null)
                .extracting(StatusReport.Line::profile)
                .containsExactlyInAnyOrder("node-identity", "etcd-canary", "revocation-gate");
        assertThat(line(agent, "kube-apiserver").proof()).isEqualTo("served");
        assertThat(line(agent, "kubelet-serving").proof()).isEqualTo("served");
        assertThat(line(agent, "front-proxy-client").proof()).isEqualTo("authenticated");
        assertThat(line(agent, "kube-apiserver-etcd-client").proof()).isEqualTo("next-connection");
        assertThat(line(agent, "kube-apiserver-kubelet-client").proof()).isEqualTo("next-connection");
    }

    @Test
    void anAnonymousAnswerIsNoProof() throws Exception {
        server.roles = List.of("worker");
        node.boot().round();
        FakeComponent apiServer = apiServer();
        apiServer.status = 403;
        apiServer.body = "{\"message\": \"User \\\"system:anonymous\\\" cannot create resource\"}";
        Agent agent = node.boot();
        agent.round();
        clock.advance(Duration.ofSeconds(31));
        agent.round();

        assertThat(line(agent, "kubelet-client").proof()).isNull();
        assertThat(line(agent, "kubelet-client").problem()).contains("does not ask for client certificates");
    }

    @Test
    void readsTheStateOfAnOlderAgent() throws Exception {
        node.boot().round();
        Path file = node.state.resolve("certificates/etcd-peer/state.json");
        String state = Files.readString(file)
                .replaceAll(",\"(last|proof|problem|retryAt|pending)\":null", "")
                .replace(",\"rollbacks\":0", "");
        assertThat(state).doesNotContain("rollbacks", "proof");
        Files.writeString(file, state);
        String serial = node.serial("pki/etcd/peer.crt");
        etcd();

        Agent agent = node.boot();
        agent.round();

        assertThat(node.serial("pki/etcd/peer.crt")).isEqualTo(serial);
        assertThat(line(agent, "etcd-peer").proof()).isEqualTo("served");
    }

    private List<FakeComponent> etcd() throws Exception {
        List<X509Certificate> authority =
                List.of(server.authority(AuthorityKind.ETCD).certificate());
        FakeComponent clients = FakeComponent.start(
                node.settings().etcd().clientPort(),
                FakeComponent.files(node.file("pki/etcd/server.crt"), node.file("pki/etcd/server.key")),
                () -> authority);
        FakeComponent peers = FakeComponent.start(
                node.settings().etcd().peerPort(),
                FakeComponent.files(node.file("pki/etcd/peer.crt"), node.file("pki/etcd/peer.key")),
                () -> authority);
        components.addAll(List.of(clients, peers));
        return List.of(clients, peers);
    }

    private FakeComponent apiServer() throws Exception {
        TestAuthority authority = server.authority(AuthorityKind.KUBERNETES);
        var own = Files.exists(node.file("pki/apiserver.crt"))
                ? FakeComponent.files(node.file("pki/apiserver.crt"), node.file("pki/apiserver.key"))
                : constant(foreign(authority));
        FakeComponent apiServer = FakeComponent.start(
                node.settings().components().apiServer().orElseThrow().getPort(),
                own,
                () -> List.of(authority.certificate()));
        apiServer.body = """
                {"status": {"userInfo": {"username": "system:node:cp-1", "extra":
                {"authentication.kubernetes.io/credential-id": ["X509SHA256=%ID"]}}}}""";
        components.add(apiServer);
        return apiServer;
    }

    private static java.util.function.Supplier<dev.certfleet.agent.server.Credential> constant(
            dev.certfleet.agent.server.Credential one) {
        return () -> one;
    }

    private void kubelet() throws Exception {
        FakeComponent kubelet = FakeComponent.start(
                node.settings()
                        .components()
                        .of(dev.certfleet.agent.component.Component.KUBELET)
                        .port(),
                FakeComponent.files(node.file("pki/kubelet.crt"), node.file("pki/kubelet.key")),
                () -> List.of(server.authority(AuthorityKind.KUBERNETES).certificate()));
        kubelet.status = 404;
        components.add(kubelet);
    }

    private dev.certfleet.agent.server.Credential foreign(TestAuthority authority) {
        return authority.credential("CN=foreign", clock.instant(), Duration.ofDays(90), "127.0.0.1");
    }

    private static StatusReport.Line line(Agent agent, String profile) {
        return agent.status().certificates().stream()
                .filter(line -> line.profile().equals(profile))
                .findFirst()
                .orElseThrow();
    }
}
