package dev.certfleet.agent.etcd;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.testing.TestAuthority;
import dev.certfleet.pki.testing.TestAuthority.Leaf;
import dev.certfleet.pki.testing.TestCrl;
import dev.certfleet.pki.wire.DoorProof;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EtcdGuardTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private GuardedNode node;

    @BeforeEach
    void boot() throws IOException {
        node = new GuardedNode(folder);
    }

    @AfterEach
    void end() throws Exception {
        node.close();
    }

    private byte[] published() throws IOException {
        return Files.readAllBytes(node.layout.etcdCrl());
    }

    @Test
    void publishesInTheFirstRound() throws Exception {
        EtcdGuard guard = node.boot();

        guard.round(node.situation());

        assertThat(published()).isEqualTo(node.crl());
        assertThat(guard.state().problems()).isEmpty();
        assertThat(guard.state().summary()).contains("CRL 1 of", "1 entries", "0 revocations to be proven");
        assertThat(guard.state().metrics())
                .contains("certfleet_etcd_crl_number 1\n", "certfleet_etcd_crl_next_update_seconds ");
        assertThat(Files.getPosixFilePermissions(node.layout.etcdCrl())).hasSize(4);
    }

    @Test
    void neverPublishesAWrongFileAndKeepsTheOldOne() throws Exception {
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        byte[] good = published();
        node.revoked.add(node.client("x").certificate().getSerialNumber());
        byte[] next = node.crl();
        byte[] flipped = next.clone();
        flipped[flipped.length / 2] ^= 1;
        Instant now = node.start;
        TestAuthority other = TestAuthority.create("other", KeyAlgorithm.P256, now);
        Map<String, byte[]> wrong = new LinkedHashMap<>();
        wrong.put("empty", new byte[0]);
        wrong.put("PEM", Pem.encode("X509 CRL", next).getBytes(US_ASCII));
        wrong.put("HTML", "<html></html>".getBytes(US_ASCII));
        wrong.put("truncated", Arrays.copyOf(next, next.length - 1));
        wrong.put("flipped", flipped);
        wrong.put("huge", new byte[CrlCheck.MAX_SIZE + 100]);
        wrong.put("of another CA", TestCrl.of(other, 9, now).der());
        wrong.put("run out", TestCrl.of(node.authority, 9, now).until(now).der());
        wrong.put("older", TestCrl.of(node.authority, 0, now).der());
        for (Map.Entry<String, byte[]> file : wrong.entrySet()) {
            node.lie = file.getValue();
            int before = node.fetches;
            node.work(guard);

            assertThat(node.fetches).as(file.getKey()).isGreaterThan(before);
            assertThat(published()).as(file.getKey()).isEqualTo(good);
            assertThat(guard.state().problems()).as(file.getKey()).hasSize(1);
        }
        node.lie = null;
        node.work(guard);
        assertThat(published()).isEqualTo(next);
        assertThat(guard.state().problems()).isEmpty();
    }

    @Test
    void remembersOverRestartsWhatItPublished() throws Exception {
        node.revoked.add(node.client("x").certificate().getSerialNumber());
        node.boot().round(node.situation());
        byte[] good = published();
        node.lie = TestCrl.of(node.authority, 1, node.start).der();

        EtcdGuard again = node.boot();
        again.round(node.situation());
        node.work(again);

        assertThat(published()).isEqualTo(good);
        assertThat(again.state().problems()).singleElement().asString().contains("older");
    }

    @Test
    void putsRightWhatSomebodyElseChangedEvenWithoutTheServer() throws Exception {
        node.boot().round(node.situation());
        byte[] good = published();
        Files.writeString(node.layout.etcdCrl(), "-----BEGIN X509 CRL-----");
        node.lie = new byte[0];

        EtcdGuard again = node.boot();
        again.round(node.situation());

        assertThat(published()).isEqualTo(good);
        assertThat(again.state().problems()).singleElement().asString().contains("somebody else");
    }

    @Test
    void saysThatThePublishedOneRanOutAndKeepsIt() throws Exception {
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        byte[] good = published();

        node.clock.advance(Duration.ofHours(25));
        node.work(guard);

        assertThat(published()).isEqualTo(good);
        assertThat(guard.state().problems()).anyMatch(problem -> problem.startsWith("etcd's CRL ran out at"));
    }

    @Test
    void doesNotLockItselfOutOnTheWordOfOneCrl() throws Exception {
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        byte[] good = published();
        node.revoked.add(node.server.certificate().getSerialNumber());
        node.work(guard);
        assertThat(published()).isEqualTo(good);
        assertThat(guard.state().problems()).singleElement().asString().contains("this node's own", "server.crt");

        node.responder.reachable(false);
        node.work(guard);
        assertThat(published()).isEqualTo(good);

        node.responder.reachable(true);
        node.responder.revoked(node.server.certificate(), 1);
        node.work(guard);
        assertThat(published()).isEqualTo(node.crl());
    }

    @Test
    void provesOnceEtcdRefusesWhatIsRevokedAndServesOthers() throws Exception {
        node.startEtcd(true);
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        Leaf thief = node.client("thief");
        node.revoked.add(thief.certificate().getSerialNumber());

        guard.revoked(node.told(thief));
        guard.work();

        assertThat(node.proofs)
                .extracting(DoorProof::certificate, DoorProof::door, DoorProof::evidence)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(
                        Certificates.fingerprint(thief.certificate()), "etcd", "connection-refused"));
        assertThat(guard.state().summary()).contains("client port refuses", "peer port refuses", "; 0 revocations");
        assertThat(guard.state().metrics()).contains("certfleet_etcd_port_enforces{port=\"client\"} 1\n");
    }

    @Test
    void asksUntilTheCrlListsWhatTheFeedTold() throws Exception {
        node.startEtcd(true);
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        Leaf thief = node.client("thief");

        guard.revoked(node.told(thief));
        Duration pause = guard.work();
        assertThat(pause).isLessThanOrEqualTo(Duration.ofMillis(200));
        assertThat(node.proofs).isEmpty();

        node.revoked.add(thief.certificate().getSerialNumber());
        node.clock.advance(pause.plusMillis(1));
        guard.work();
        assertThat(node.proofs).hasSize(1);
    }

    @Test
    void provesAfterARestartAndOnceTheServerTakesIt() throws Exception {
        node.startEtcd(true);
        node.proofsAreTaken = false;
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        Leaf thief = node.client("thief");
        node.revoked.add(thief.certificate().getSerialNumber());
        guard.revoked(node.told(thief));
        guard.work();
        assertThat(node.proofs).isEmpty();

        node.proofsAreTaken = true;
        EtcdGuard again = node.boot();
        again.round(node.situation());
        again.work();

        assertThat(node.proofs).hasSize(1);
    }

    @Test
    void provesNothingWhereEtcdWasStartedWithoutTheFlags() throws Exception {
        node.startEtcd(false);
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        Leaf thief = node.client("thief");
        node.revoked.add(thief.certificate().getSerialNumber());
        guard.revoked(node.told(thief));
        guard.work();

        assertThat(node.proofs).isEmpty();
        assertThat(guard.state().problems())
                .anyMatch(problem -> problem.contains("--client-crl-file=" + node.layout.etcdCrl()))
                .anyMatch(problem -> problem.contains("--peer-crl-file="));

        node.restartEtcd();
        node.work(guard);
        assertThat(node.proofs).hasSize(1);
        assertThat(guard.state().problems()).isEmpty();
    }

    @Test
    void provesNothingWhereEtcdRefusesEverybody() throws Exception {
        node.startEtcd(true);
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        node.put(ProfileName.ETCD_HEALTHCHECK_CLIENT, node.canary);
        Leaf thief = node.client("thief");
        node.revoked.add(thief.certificate().getSerialNumber());
        guard.revoked(node.told(thief));
        guard.work();

        assertThat(node.proofs).isEmpty();
        assertThat(guard.state().problems()).anyMatch(problem -> problem.contains("good certificate"));
    }

    @Test
    void provesNothingWhereNoEtcdRuns() throws Exception {
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        Leaf thief = node.client("thief");
        node.revoked.add(thief.certificate().getSerialNumber());
        guard.revoked(node.told(thief));
        guard.work();

        assertThat(node.proofs).isEmpty();
        assertThat(guard.state().problems()).isEmpty();
        assertThat(guard.state().summary()).contains("client port not open", "; 1 revocations to be proven");
    }

    @Test
    void provesNothingByACanaryThatHasEnded() throws Exception {
        node.startEtcd(true);
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        node.clock.advance(Duration.ofDays(366));
        guard.work();
        assertThat(guard.canaryIsForgotten(node.start)).isFalse();
        assertThat(guard.state().canaryIsListed()).isFalse();
    }

    @Test
    void noticesACanaryThatTheServerForgot() throws Exception {
        node.revoked.clear();
        EtcdGuard guard = node.boot();
        guard.round(node.situation());

        assertThat(guard.canaryIsForgotten(node.start)).isFalse();
        assertThat(guard.canaryIsForgotten(node.start.minus(Duration.ofMinutes(6))))
                .isTrue();
    }

    @Test
    void forgetsWhatALaterCrlDoesNotList() throws Exception {
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        Leaf held = node.client("held");
        guard.revoked(new dev.certfleet.agent.gate.RevocationListener.Revoked(
                Certificates.fingerprint(held.certificate()),
                held.certificate(),
                dev.certfleet.pki.RevocationReason.CERTIFICATE_HOLD,
                node.start.minus(Duration.ofMinutes(2)),
                java.util.List.of()));
        guard.work();

        assertThat(guard.state().awaited()).isZero();
    }

    @Test
    void leavesOtherAuthoritiesCertificatesAlone() throws Exception {
        EtcdGuard guard = node.boot();
        guard.round(node.situation());
        TestAuthority kubernetes = TestAuthority.create("kubernetes", KeyAlgorithm.P256, node.start);

        guard.revoked(node.told(kubernetes.client("CN=user", node.start)));

        assertThat(guard.state().awaited()).isZero();
    }
}
