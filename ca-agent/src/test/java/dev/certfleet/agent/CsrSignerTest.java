package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.wire.CsrDecision;
import dev.certfleet.pki.wire.CsrReview;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CertificateSigningRequests are shown to the server, and get what it decides. */
class CsrSignerTest {
    private static final String CLIENT = "kubernetes.io/kube-apiserver-client-kubelet";
    private static final String USERS = "kubernetes.io/kube-apiserver-client";
    private static final String CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    /** The agent checks kube-apiserver by the clock of the machine: long ago, and good for ten years. */
    private final FakeClock clock = new FakeClock(Instant.parse("2025-01-01T08:00:00Z"));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private FakeServer server;

    @SuppressWarnings("NullAway.Init")
    private FakeKubernetes kubernetes;

    @BeforeEach
    void start() throws Exception {
        server = new FakeServer(clock);
        server.answersCsrs = true;
        server.csrDecisions = CsrSignerTest::approveAndSign;
        kubernetes = new FakeKubernetes(server.authority(AuthorityKind.KUBERNETES), clock.instant());
    }

    @AfterEach
    void stop() {
        kubernetes.close();
        server.close();
    }

    private static CsrDecision approveAndSign(CsrReview review) {
        return review.approved()
                ? new CsrDecision("sign", "Issued", "the certificate was issued", CERTIFICATE)
                : new CsrDecision("approve", "CertfleetPolicy", "the node asks for itself", null);
    }

    private TestNode node() throws Exception {
        return new TestNode(folder, server, clock).with("kubernetes: {apiServer: \"" + kubernetes.address() + "\"}\n");
    }

    @Test
    void approvesAndSignsWhatTheServerDecides() throws Exception {
        kubernetes.create("first", CLIENT);
        try (Agent agent = node().boot()) {
            agent.round();
            agent.round();
            await(() -> !kubernetes.certificate("first").isEmpty());
            assertThat(kubernetes.certificate("first")).isEqualTo(CERTIFICATE);
            assertThat(kubernetes.conditions("first")).containsExactly("Approved");
            assertThat(kubernetes.updates).containsExactly("first/approval", "first/status");
            assertThat(kubernetes.clients).containsExactly("CN=csr-signer");
            assertThat(kubernetes.get("first").toString())
                    .as("what it does not know is kept")
                    .contains("kept=yes");

            CsrReview shown = server.csrReviews.getFirst();
            assertThat(shown.uid()).isEqualTo("uid-of-first");
            assertThat(shown.name()).isEqualTo("first");
            assertThat(shown.signerName()).isEqualTo(CLIENT);
            assertThat(shown.username()).isEqualTo("system:bootstrap:abcdef");
            assertThat(shown.groups()).containsExactly("system:bootstrappers");
            assertThat(shown.usages()).containsExactly("client auth");
            assertThat(shown.expirationSeconds()).isEqualTo(86_400);
            assertThat(shown.request()).isEqualTo("the request");

            kubernetes.create("later", CLIENT);
            await(() -> !kubernetes.certificate("later").isEmpty());
            assertThat(kubernetes.lists).as("it was seen in the watch").isEqualTo(1);
            // It counts what it did when it was told that it is done.
            await(() -> agent.metrics().contains("certfleet_agent_csr_total{decision=\"signed\"} 2"));
            assertThat(agent.metrics())
                    .contains(
                            "certfleet_agent_csr_total{decision=\"signed\"} 2",
                            "certfleet_agent_csr_total{decision=\"approved\"} 2");
            // By now the watch has told of each state of the earlier ones, those that this node made too.
            kubernetes.create("last", CLIENT);
            await(() -> !kubernetes.certificate("last").isEmpty());
            assertThat(kubernetes.updates)
                    .containsExactly(
                            "first/approval",
                            "first/status",
                            "later/approval",
                            "later/status",
                            "last/approval",
                            "last/status");
            assertThat(server.csrReviews).as("once for each state").hasSize(6);
            assertThat(agent.status().problems()).noneMatch(problem -> problem.contains("CertificateSigningRequest"));
        }
    }

    @Test
    void looksAtAllPagesAndLeavesOthersAlone() throws Exception {
        for (int i = 0; i < 5; i++) {
            kubernetes.create("csr-" + i, CLIENT);
        }
        kubernetes.create("others", "example.org/signer");
        kubernetes.create("denied", CLIENT, "Denied");
        kubernetes.create("failed", CLIENT, "Approved", "Failed");
        kubernetes.create("people", USERS);
        kubernetes.create("approved", USERS, "Approved");
        try (Agent agent = node().boot()) {
            agent.round();
            agent.round();
            await(() -> !kubernetes.certificate("approved").isEmpty());
            for (int i = 0; i < 5; i++) {
                assertThat(kubernetes.certificate("csr-" + i)).isEqualTo(CERTIFICATE);
            }
            assertThat(server.csrReviews)
                    .extracting(CsrReview::name)
                    .doesNotContain("others", "denied", "failed", "people");

            kubernetes.condition("people", "Approved");
            await(() -> !kubernetes.certificate("people").isEmpty());
        }
    }

    @Test
    void deniesAndFailsWithTheServersWords() throws Exception {
        server.csrDecisions = review -> review.approved()
                ? new CsrDecision("fail", "SignerValidationFailure", "csr-usages: not these", null)
                : new CsrDecision("deny", "CertfleetPolicy", "node-quarantined: it is in quarantine", null);
        kubernetes.create("first", CLIENT);
        kubernetes.create("second", CLIENT, "Approved");
        try (Agent agent = node().boot()) {
            agent.round();
            agent.round();
            await(() -> kubernetes.conditions("second").contains("Failed"));
            assertThat(kubernetes.conditions("first")).containsExactly("Denied");
            assertThat(kubernetes.status("first").toString())
                    .contains("CertfleetPolicy", "node-quarantined: it is in quarantine");
            assertThat(kubernetes.updates).containsExactly("first/approval", "second/status");
            assertThat(kubernetes.certificate("second")).isEmpty();
        }
    }

    @Test
    void goesOnWhereAnotherWasQuicker() throws Exception {
        kubernetes.conflicts = 1;
        kubernetes.create("first", CLIENT);
        kubernetes.create("second", CLIENT);
        try (Agent agent = node().boot()) {
            agent.round();
            agent.round();
            await(() -> !kubernetes.certificate("second").isEmpty());
            assertThat(kubernetes.conditions("first")).isEmpty();
            assertThat(kubernetes.conflicts).isZero();

            kubernetes.condition("first", "Approved");
            await(() -> !kubernetes.certificate("first").isEmpty());
        }
    }

    @Test
    void asksAgainAboutWhatIsLeftWhenItChanges() throws Exception {
        server.csrDecisions = review -> review.approved()
                ? approveAndSign(review)
                : new CsrDecision("leave", "NotYet", "node-unknown: there is no such node", null);
        kubernetes.create("first", CLIENT);
        try (Agent agent = node().boot()) {
            agent.round();
            agent.round();
            await(() -> server.csrReviews.size() == 1);
            kubernetes.create("second", CLIENT);
            await(() -> server.csrReviews.size() == 2);
            assertThat(kubernetes.updates).isEmpty();

            kubernetes.condition("first", "Approved");
            await(() -> !kubernetes.certificate("first").isEmpty());
        }
    }

    @Test
    void saysWhatToDoWhereKubeApiserverRefusesItAndGoesOnAfterwards() throws Exception {
        kubernetes.status = 403;
        kubernetes.create("first", CLIENT);
        try (Agent agent = node().boot()) {
            agent.round();
            agent.round();
            await(() -> agent.status().problems().stream().anyMatch(problem -> problem.contains("csr-signer.yaml")));
            assertThat(agent.status().problems()).anyMatch(problem -> problem.contains("it is forbidden"));

            kubernetes.status = 0;
            await(() -> !kubernetes.certificate("first").isEmpty());
            await(() -> agent.status().problems().stream().noneMatch(problem -> problem.contains("csr-signer.yaml")));
        }
    }

    @Test
    void endsWhenThePolicyNamesNoSignerAnyMore() throws Exception {
        kubernetes.create("first", CLIENT);
        try (Agent agent = node().boot()) {
            agent.round();
            agent.round();
            await(() -> !kubernetes.certificate("first").isEmpty());

            server.answersCsrs = false;
            agent.pollNow();
            agent.round();
            assertThat(agent.metrics()).doesNotContain("certfleet_agent_csr");

            server.answersCsrs = true;
            kubernetes.create("second", CLIENT);
            assertThat(kubernetes.certificate("second")).isEmpty();
            agent.pollNow();
            agent.round();
            await(() -> !kubernetes.certificate("second").isEmpty());
        }
    }

    @Test
    void leavesThemToOthersWhereTheNodeIsToldTo() throws Exception {
        kubernetes.create("first", CLIENT);
        TestNode node = node().with("csrSigner: {enabled: false}\n");
        try (Agent agent = node.boot()) {
            agent.round();
            agent.round();
            assertThat(agent.metrics()).doesNotContain("certfleet_agent_csr");
            assertThat(kubernetes.clients).isEmpty();
        }
        assertThat(server.csrReviews).isEqualTo(List.of());
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("not within half a minute").isLessThan(end);
            Thread.sleep(20);
        }
    }
}
