package dev.certfleet.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.gate.GatePolicy.Verdict;
import dev.certfleet.agent.gate.RunningGate.Answer;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.testing.TestAuthority;
import dev.certfleet.pki.wire.FeedEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the gate answers to whom, through its real interface. */
final class GateTest {
    private static final Answer NO_OPINION = new Answer(false, false, "");
    private static final int KEY_COMPROMISE = 1;
    private static final int HOLD = 6;

    @TempDir
    private Path folder;

    private RunningGate gate;

    @BeforeEach
    void start() throws IOException {
        gate = new RunningGate(folder);
    }

    @AfterEach
    void stop() {
        gate.close();
    }

    private void startAgain(GatePolicy policy, boolean reachable) throws IOException {
        gate.close();
        gate = new RunningGate(folder.resolve(UUID.randomUUID().toString()), with(policy), reachable);
    }

    private static GateSettings with(GatePolicy policy) {
        GateSettings d = GateSettings.DEFAULT;
        return new GateSettings(
                d.address(),
                d.port(),
                policy,
                d.staleAfter(),
                d.refreshAfter(),
                d.lookupTime(),
                d.feedWait(),
                d.pollInterval(),
                d.failurePolicy(),
                d.cacheFor(),
                d.auditLog(),
                d.apiServer());
    }

    private void revoke(X509Certificate certificate, String reason, int code) {
        gate.responder.revoked(certificate, code);
        gate.server.revoked(certificate, reason);
    }

    @Test
    void hasNoOpinionOnAGoodCertificate() throws Exception {
        X509Certificate alice = gate.issue("alice");

        gate.awaitReady();

        assertThat(gate.ask(alice)).isEqualTo(NO_OPINION);
        assertThat(gate.state().certificates()).isEqualTo(1);
        assertThat(gate.get("/metrics").body())
                .contains("certfleet_gate_decisions_total{answer=\"no-opinion\",outcome=\"good\"} 1");
    }

    @Test
    void hasNoOpinionOnCallersWithoutACertificate() throws Exception {
        assertThat(gate.review()).isEqualTo(NO_OPINION);
        assertThat(gate.review("JTI=5c1f0b1a-6d6c-4c7e-9d5f-000000000000")).isEqualTo(NO_OPINION);
        assertThat(Answer.of(gate.post(
                        "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{}}")))
                .isEqualTo(NO_OPINION);
        assertThat(gate.server.lookups()).isZero();
    }

    @Test
    void refusesRevokedCertificate() throws Exception {
        X509Certificate alice = gate.issue("alice");
        X509Certificate bob = gate.issue("bob");
        gate.awaitReady();

        revoke(alice, "keyCompromise", KEY_COMPROMISE);
        long began = System.nanoTime();
        gate.awaitDenied(alice, true);
        Duration took = Duration.ofNanos(System.nanoTime() - began);

        assertThat(gate.ask(alice).reason())
                .startsWith("certificate revoked: serial " + Certificates.serial(alice)
                        + ", reason keyCompromise, since 20");
        assertThat(took).isLessThan(Duration.ofSeconds(2));
        assertThat(gate.ask(bob)).isEqualTo(NO_OPINION);
        RunningGate.await(() -> gate.state().unconfirmedRevoked() == 0);
        assertThat(gate.state().revoked()).isEqualTo(1);
    }

    @Test
    void refusesOnTheWordOfTheFeedWhileTheResponderIsAway() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();
        gate.responder.reachable(false);

        gate.server.revoked(alice, "superseded");

        gate.awaitDenied(alice, true);
        assertThat(gate.state().unconfirmedRevoked()).isEqualTo(1);
    }

    @Test
    void refusesWhatTheResponderRevokedThoughTheFeedNeverTold() throws Exception {
        X509Certificate alice = gate.client("alice");
        gate.server.record(alice);
        gate.responder.revoked(alice, KEY_COMPROMISE);

        assertThat(gate.ask(alice).denied()).isTrue();
    }

    @Test
    void holdsRevokedAcrossRestart() throws Exception {
        X509Certificate alice = gate.issue("alice");
        X509Certificate forged = gate.client("forged");
        gate.awaitReady();
        revoke(alice, "keyCompromise", KEY_COMPROMISE);
        gate.awaitDenied(alice, true);
        gate.awaitDenied(forged, true);
        gate.server.reachable(false);
        gate.responder.reachable(false);

        gate.restart();

        assertThat(gate.ask(alice).reason()).contains("reason keyCompromise");
        assertThat(gate.ask(forged).denied()).isTrue();
        assertThat(gate.state().freshStart()).isFalse();
    }

    @Test
    void savesARevocationBeforeItReadsOn() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();

        gate.server.revoked(alice, "superseded");
        gate.awaitDenied(alice, true);

        RunningGate.await(() -> read(gate.stateFile()).contains("superseded"));
        assertThat(Files.getPosixFilePermissions(gate.stateFile())).hasSize(2);
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void neverTakesAnOlderAnswer() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();
        gate.responder.revoked(alice, HOLD);
        gate.server.revoked(alice, "certificateHold");
        RunningGate.await(() -> gate.state().revoked() == 1 && gate.state().unconfirmedRevoked() == 0);

        gate.responder.good(alice);
        gate.responder.answersAsOf(Duration.ofSeconds(60));
        gate.server.released(alice);
        int before = gate.responder.requests();
        RunningGate.await(() -> gate.responder.requests() > before + 1);

        assertThat(gate.ask(alice).denied()).isTrue();
        assertThat(gate.get("/metrics").body()).contains("event=\"ocsp-answer-not-taken\"");
    }

    @Test
    void endsAHoldWhenTheFeedTellsItAndANewerAnswerSaysGood() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();
        revoke(alice, "certificateHold", HOLD);
        RunningGate.await(() -> gate.state().revoked() == 1 && gate.state().unconfirmedRevoked() == 0);

        gate.server.released(alice);
        int before = gate.responder.requests();
        RunningGate.await(() -> gate.responder.requests() > before);
        assertThat(gate.ask(alice).denied()).isTrue();

        gate.responder.good(alice);
        gate.awaitDenied(alice, false);
        assertThat(gate.ask(alice)).isEqualTo(NO_OPINION);
    }

    @Test
    void neverEndsARevocationForGood() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();
        revoke(alice, "keyCompromise", KEY_COMPROMISE);
        RunningGate.await(() -> gate.state().revoked() == 1 && gate.state().unconfirmedRevoked() == 0);

        gate.responder.good(alice);
        gate.server.released(alice);
        gate.clock.advance(Duration.ofHours(2));
        gate.server.issued(alice);
        Thread.sleep(1500);

        assertThat(gate.ask(alice).denied()).isTrue();
    }

    @Test
    void keepsRevocationsWhenTheFeedBeginsANewHistory() throws Exception {
        X509Certificate alice = gate.issue("alice");
        X509Certificate bob = gate.issue("bob");
        gate.awaitReady();
        revoke(alice, "keyCompromise", KEY_COMPROMISE);
        gate.awaitDenied(alice, true);

        gate.server.newHistory("two");
        gate.responder.good(alice);
        gate.server.issued(alice);
        X509Certificate carol = gate.issue("carol");
        RunningGate.await(() -> gate.state().certificates() == 3);

        assertThat(gate.ask(alice).denied()).isTrue();
        assertThat(gate.ask(bob)).isEqualTo(NO_OPINION);
        assertThat(gate.ask(carol)).isEqualTo(NO_OPINION);
    }

    @Test
    void raisesAlarmForCertificateNeverIssued() throws Exception {
        X509Certificate forged = gate.client("forged");
        gate.awaitReady();
        gate.server.refuseAlarms(1);

        gate.audit(forged, "mallory", "10.0.0.66");
        gate.audit(forged, "mallory", "10.0.0.66");
        Answer answer = gate.ask(forged);

        assertThat(answer.denied()).isTrue();
        assertThat(answer.reason()).startsWith("certificate never issued");
        RunningGate.await(() -> !gate.server.alarms().isEmpty());
        Thread.sleep(200);
        assertThat(gate.server.alarms()).singleElement().satisfies(alarm -> {
            assertThat(alarm.kind()).isEqualTo("unknown-credential");
            assertThat(alarm.credentialId()).isEqualTo(Certificates.fingerprint(forged));
            assertThat(alarm.detail()).contains("'mallory'", "10.0.0.66");
        });
        assertThat(gate.state().trouble()).contains("never issued");
    }

    @Test
    void alarmsNobodyForAnAccessReviewThatAnybodyCanInvent() throws Exception {
        X509Certificate invented = gate.client("invented");
        gate.awaitReady();

        assertThat(gate.ask(invented).denied()).isTrue();

        assertThat(gate.get("/metrics").body()).contains("event=\"review-never-issued\"} 1");
        assertThat(gate.server.alarms()).isEmpty();
        gate.audit(invented, "mallory", "10.0.0.66");
        RunningGate.await(() -> gate.server.alarms().size() == 1);
    }

    @Test
    void takesBackThatACertificateWasNeverIssuedWhenTheFeedTellsOfIt() throws Exception {
        X509Certificate late = gate.client("late");
        gate.awaitReady();
        assertThat(gate.ask(late).denied()).isTrue();

        gate.server.issued(late);

        gate.awaitDenied(late, false);
    }

    @Test
    void confirmsACertificateThatTheFeedHasNotToldYet() throws Exception {
        X509Certificate alice = gate.client("alice");
        gate.server.record(alice);
        gate.awaitReady();

        assertThat(gate.ask(alice)).isEqualTo(NO_OPINION);

        assertThat(gate.state().certificates()).isEqualTo(1);
        assertThat(gate.state().unchecked()).isZero();
        assertThat(gate.server.lookups()).isEqualTo(1);
        assertThat(gate.server.alarms()).isEmpty();
    }

    @Test
    void doesNotTakeACertificateOfAnotherAuthorityForOneOfTheCluster() throws Exception {
        TestAuthority other = TestAuthority.create("kubernetes", KeyAlgorithm.P256, gate.clock.instant());
        X509Certificate foreign =
                other.client("CN=foreign", gate.clock.instant()).certificate();
        gate.server.issued(foreign);
        gate.awaitReady();

        assertThat(gate.ask(foreign)).isEqualTo(NO_OPINION);

        assertThat(gate.state().certificates()).isZero();
        assertThat(gate.state().pending()).isEqualTo(1);
    }

    @Test
    void hasNoOpinionWhenCaIsUnreachable() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();
        gate.server.reachable(false);
        gate.responder.reachable(false);

        assertThat(gate.ask(alice)).isEqualTo(NO_OPINION);
        assertThat(gate.ask(gate.client("unknown"))).isEqualTo(NO_OPINION);
        assertThat(gate.state().pending()).isEqualTo(1);
        assertThat(gate.get("/metrics").body()).contains("outcome=\"unconfirmed\"} 1");

        gate.clock.advance(Duration.ofHours(25));

        assertThat(gate.ask(alice)).isEqualTo(NO_OPINION);
        assertThat(gate.state().stale()).isEqualTo(1);
        assertThat(gate.state().trouble()).startsWith("the feed has not answered since");
        assertThat(gate.get("/metrics").body())
                .contains("outcome=\"unreachable\"} 1", "certfleet_gate_certificates_stale 1");
    }

    @Test
    void asksAboutWhatItCouldNotKnowUntilTheCaIsBack() throws Exception {
        gate.awaitReady();
        gate.server.reachable(false);
        X509Certificate forged = gate.client("forged");
        gate.audit(forged, "mallory", "10.0.0.66");
        assertThat(gate.ask(forged)).isEqualTo(NO_OPINION);

        gate.server.reachable(true);

        RunningGate.await(() -> !gate.server.alarms().isEmpty());
        assertThat(gate.ask(forged).denied()).isTrue();
    }

    @Test
    void deniesWhatItCannotKnowWherePolicySaysSo() throws Exception {
        startAgain(new GatePolicy(Verdict.ALLOW, Verdict.DENY, Verdict.DENY, Verdict.DENY), true);
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();
        gate.server.reachable(false);
        gate.responder.reachable(false);

        assertThat(gate.ask(alice)).isEqualTo(NO_OPINION);
        assertThat(gate.ask(gate.client("unknown")).reason()).contains("not known to the CA yet");

        gate.clock.advance(Duration.ofHours(25));
        assertThat(gate.ask(alice).reason()).startsWith("certificate cannot be checked: it was last checked at");
    }

    @Test
    void followsThePolicyOfAFreshStart() throws Exception {
        startAgain(GatePolicy.DEFAULT, false);

        assertThat(gate.ask(gate.client("alice"))).isEqualTo(NO_OPINION);
        assertThat(gate.state().freshStart()).isTrue();
        assertThat(gate.get("/metrics").body()).contains("outcome=\"fresh-start\"} 1", "certfleet_gate_ready 0");

        startAgain(new GatePolicy(Verdict.DENY, Verdict.ALLOW, Verdict.ALLOW, Verdict.DENY), false);

        assertThat(gate.ask(gate.client("alice")).denied()).isTrue();
    }

    @Test
    void answersInTimeWhenTheResponderHangs() throws Exception {
        gate.awaitReady();
        X509Certificate alice = gate.client("alice");
        gate.server.record(alice);
        gate.ask(gate.client("warm-up"));
        gate.responder.answersAfter(Duration.ofSeconds(30));

        long began = System.nanoTime();
        Answer answer = gate.ask(alice);
        Duration took = Duration.ofNanos(System.nanoTime() - began);

        assertThat(answer).isEqualTo(NO_OPINION);
        assertThat(took).isBetween(Duration.ofMillis(400), Duration.ofMillis(1500));
    }

    @Test
    void believesNoResponderThatTheAuthorityDidNotSignFor() throws Exception {
        gate.awaitReady();
        gate.responder.signedBy(TestAuthority.create("kubernetes", KeyAlgorithm.P256, gate.clock.instant()));
        X509Certificate alice = gate.issue("alice");
        RunningGate.await(() -> gate.state().certificates() == 1);

        assertThat(gate.ask(alice)).isEqualTo(NO_OPINION);

        assertThat(gate.state().unchecked()).isEqualTo(1);
        assertThat(gate.get("/metrics").body())
                .contains("certfleet_gate_ocsp_requests_total{result=\"bad-signature\"}");
    }

    @Test
    void pollsWhereTheFeedCannotBeHeldBack() throws Exception {
        gate.server.cutsWaitingConnections();
        gate.restart();
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();
        RunningGate.await(() -> gate.state().certificates() == 1);

        revoke(alice, "keyCompromise", KEY_COMPROMISE);
        long began = System.nanoTime();
        gate.awaitDenied(alice, true);

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void passesOverEntriesOfTheFeedThatAreNotWhatTheySay() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();
        String other = Base64.getEncoder().encodeToString(Certificates.der(gate.client("other")));
        String id = Certificates.fingerprint(alice);
        String at = gate.clock.instant().toString();
        List<FeedEntry> bad = List.of(
                new FeedEntry(2, "revoked", id, other, "keyCompromise", at, List.of()),
                new FeedEntry(3, "revoked", id, "%%%", "keyCompromise", at, List.of()),
                new FeedEntry(4, "revoked", id, "", null, "yesterday", List.of()),
                new FeedEntry(5, "something-new", id, other, null, at, List.of()));

        bad.forEach(gate.server::tell);
        X509Certificate bob = gate.client("bob");
        gate.server.tell(new FeedEntry(
                6,
                "revoked",
                Certificates.fingerprint(bob),
                Base64.getEncoder().encodeToString(Certificates.der(bob)),
                "a reason of tomorrow",
                at,
                List.of()));
        gate.awaitDenied(bob, true);

        assertThat(gate.ask(alice)).isEqualTo(NO_OPINION);
        assertThat(gate.get("/metrics").body())
                .contains("event=\"feed-entry-unreadable\"} 3", "event=\"feed-entry-unknown\"} 1");
    }

    @Test
    void asksAgainLongBeforeAnAnswerIsStale() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();
        gate.responder.revoked(alice, KEY_COMPROMISE);

        gate.clock.advance(Duration.ofMinutes(61));

        gate.awaitDenied(alice, true);
    }

    @Test
    void forgetsNothingWhereTheStateCannotBeWritten() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();
        Path stateFolder = gate.stateFile().getParent();
        RunningGate.await(() -> Files.exists(gate.stateFile()));
        Files.delete(gate.stateFile());
        Files.createDirectory(gate.stateFile());
        Files.createFile(gate.stateFile().resolve("in-the-way"));

        revoke(alice, "keyCompromise", KEY_COMPROMISE);

        gate.awaitDenied(alice, true);
        assertThat(gate.get("/metrics").body()).contains("event=\"save-failed\"");
        assertThat(stateFolder).isDirectory();
    }

    @Test
    void putsAStateFileAsideThatItCannotRead() throws Exception {
        X509Certificate alice = gate.issue("alice");
        gate.awaitReady();
        revoke(alice, "keyCompromise", KEY_COMPROMISE);
        gate.awaitDenied(alice, true);
        RunningGate.await(() -> read(gate.stateFile()).contains("keyCompromise"));
        gate.close();
        String whole = Files.readString(gate.stateFile());
        Files.writeString(gate.stateFile(), whole.substring(0, whole.length() / 2));

        StateFile file = new StateFile(gate.stateFile());
        CredentialIndex index = new CredentialIndex();

        assertThat(file.load(index)).isFalse();
        assertThat(index.size()).isZero();
        assertThat(gate.stateFile().resolveSibling("index.json.unreadable"))
                .hasContent(whole.substring(0, whole.length() / 2));
    }
}
