package dev.certfleet.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.testing.TestAuthority;
import dev.certfleet.pki.wire.DoorProof;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the gate proves of this node's kube-apiserver, and what it does besides when the feed tells a revocation. */
final class ProofsTest {
    @TempDir
    private Path folder;

    private RunningGate gate;

    @BeforeEach
    void start() throws Exception {
        gate = new RunningGate(folder);
        gate.awaitReady();
    }

    @AfterEach
    void stop() {
        gate.close();
    }

    private static String id(X509Certificate certificate) {
        return Certificates.fingerprint(certificate);
    }

    private void denies(X509Certificate certificate) {
        gate.apiServer.denied.add("X509SHA256=" + id(certificate));
    }

    @Test
    void provesThatAReviewIsDeniedAndTellsTheServerOnce() throws Exception {
        X509Certificate alice = gate.kubernetes
                .client("O=staff,O=ops,CN=alice", gate.clock.instant())
                .certificate();
        gate.server.issued(alice);
        denies(alice);

        gate.server.revoked(alice, "keyCompromise");

        RunningGate.await(() -> !gate.server.proofs().isEmpty());
        DoorProof proof = gate.server.proofs().getFirst();
        assertThat(proof.certificate()).isEqualTo(id(alice));
        assertThat(proof.door()).isEqualTo("kube-apiserver");
        assertThat(proof.evidence()).isEqualTo("review-denied");
        assertThat(Instant.parse(proof.at())).isBeforeOrEqualTo(gate.clock.instant());
        assertThat(gate.apiServer.asked)
                .contains(new FakeApiServer.Asked(
                        "alice", List.of("staff", "ops", "system:authenticated"), "X509SHA256=" + id(alice)));
        RunningGate.await(() -> gate.state().proofsPending() == 0);
        Thread.sleep(300);
        assertThat(gate.server.proofs()).hasSize(1);
    }

    @Test
    void provesNothingThatItWasMerelyToldAndTriesAgain() throws Exception {
        X509Certificate alice = gate.issue("alice");

        gate.server.revoked(alice, "keyCompromise");
        gate.awaitDenied(alice, true);
        Thread.sleep(500);

        assertThat(gate.server.proofs()).isEmpty();
        assertThat(gate.state().proofsPending()).isEqualTo(1);
        denies(alice);
        RunningGate.await(() -> gate.server.proofs().size() == 1);
    }

    @Test
    void provesAfterARestartWhatWasNotProvedBefore() throws Exception {
        X509Certificate alice = gate.issue("alice");
        X509Certificate bob = gate.issue("bob");
        gate.server.takesProofs(false);
        denies(bob);
        gate.server.revoked(alice, "keyCompromise");
        gate.server.revoked(bob, "keyCompromise");
        RunningGate.await(() -> gate.state().proofsPending() == 2);

        gate.restart();
        assertThat(gate.state().proofsPending()).isEqualTo(2);
        gate.server.takesProofs(true);
        denies(alice);

        RunningGate.await(() -> gate.server.proofs().size() == 2);
    }

    @Test
    void takesTheRefusalOfThisNodesOwnRequestForAProof() throws Exception {
        X509Certificate kubelet = gate.issue("system:node:control-plane-1");
        gate.apiServer.refusedItself = id(kubelet);

        gate.server.revoked(kubelet, "keyCompromise");

        RunningGate.await(() -> gate.server.proofs().size() == 1);
    }

    @Test
    void provesByHandshakeThatAnAuthorityIsGoneAndHasTheAgentAskForItsFiles() throws Exception {
        TestAuthority breakGlass = TestAuthority.create("break-glass", KeyAlgorithm.P256, gate.clock.instant());
        X509Certificate admin = breakGlass
                .client("O=system:masters,CN=admin", gate.clock.instant())
                .certificate();
        gate.apiServer.authorities.add(breakGlass.certificate().getSubjectX500Principal());
        gate.apiServer.authorities.add(gate.kubernetes.certificate().getSubjectX500Principal());

        gate.server.revoked(admin, "keyCompromise");

        RunningGate.await(() -> gate.polls.get() == 1);
        Thread.sleep(300);
        assertThat(gate.server.proofs()).isEmpty();
        gate.apiServer.authorities.remove(breakGlass.certificate().getSubjectX500Principal());
        RunningGate.await(() -> gate.server.proofs().size() == 1);
        assertThat(gate.server.proofs().getFirst().evidence()).isEqualTo("authority-not-accepted");
    }

    @Test
    void forgetsTheProofOfAHoldThatWasTakenBack() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.server.revoked(alice, "certificateHold");
        RunningGate.await(() -> gate.state().proofsPending() == 1);

        gate.clock.advance(Duration.ofSeconds(2));
        gate.responder.good(alice);
        gate.server.released(alice);

        RunningGate.await(() -> gate.state().proofsPending() == 0);
        assertThat(gate.server.proofs()).isEmpty();
    }

    @Test
    void pushesWhatIsRefusedAndKeepsItOverALostIndex() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.server.revoked(alice, "keyCompromise");
        String half = id(alice).substring(0, 32);
        RunningGate.await(() -> gate.publisher.last().equals(List.of(half)));
        RunningGate.await(() -> Boolean.FALSE.equals(gate.state().list().loaded()));

        gate.server.reachable(false);
        gate.forget();
        gate.restart();
        Thread.sleep(500);

        assertThat(gate.state().freshStart()).isTrue();
        assertThat(gate.publisher.last()).containsExactly(half);
        gate.server.reachable(true);
        RunningGate.await(() -> !gate.state().freshStart());
        RunningGate.await(() -> gate.publisher.last().equals(List.of(half)));
    }

    @Test
    void endsTheConnectionsOfTheNodeThatHeldTheCertificate() throws Exception {
        X509Certificate kubelet = gate.issue("system:node:worker-1");

        gate.server.revoked(kubelet, "keyCompromise", List.of("10.0.0.5"));

        RunningGate.await(() -> gate.killer.killed.contains("10.0.0.5"));
    }

    @Test
    void showsTheServerTheNewestMarkAlsoAfterARestart() throws Exception {
        gate.server.mark("first");
        gate.issue("alice");
        RunningGate.await(() -> gate.server.lastShownMark().equals("first"));
        gate.server.mark("second");
        gate.issue("bob");
        RunningGate.await(() -> gate.server.lastShownMark().equals("second"));

        gate.restart();
        gate.issue("carol");
        RunningGate.await(() -> gate.state().certificates() == 3);

        assertThat(gate.server.lastShownMark()).isEqualTo("second");
    }

    @Test
    void keepsTheMarkOfALaterPlaceInTheSameHistory() {
        Mark known = new Mark("b", "one", 7);

        assertThat(Mark.newer(known, new Mark("a", "one", 6))).isEqualTo(known);
        assertThat(Mark.newer(known, new Mark("c", "one", 7)).text()).isEqualTo("c");
        assertThat(Mark.newer(known, new Mark("d", "two", 1)).text()).isEqualTo("d");
        assertThat(Mark.newer(null, known)).isEqualTo(known);
    }
}
