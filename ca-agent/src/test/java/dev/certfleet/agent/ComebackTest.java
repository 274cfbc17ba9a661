package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.certificate.Backoff;
import dev.certfleet.agent.control.StatusReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that was off until its identity had expired, from its own side. */
class ComebackTest {
    @TempDir(factory = InMemory.class)
    Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));
    private FakeServer server;
    private TestNode node;

    @BeforeEach
    void start() throws Exception {
        server = new FakeServer(clock);
        node = new TestNode(folder, server, clock);
        node.boot().round();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void isBackWithEverythingNewInItsFirstRoundAfterFourHundredDays() throws Exception {
        String before = node.serial("pki/apiserver.crt");
        off(Duration.ofDays(400));
        Files.writeString(node.state.resolve("boot-id"), "another boot");

        Agent agent = node.boot();
        agent.round();

        assertThat(agent.status().needsAttention())
                .as(agent.status().toString())
                .isFalse();
        assertThat(agent.identity().orElseThrow().notAfter()).isAfter(clock.instant());
        assertThat(agent.status().certificates())
                .allMatch(line -> line.notAfter() != null && line.notAfter().isAfter(clock.instant()));
        assertThat(node.serial("pki/apiserver.crt")).isNotEqualTo(before);
        assertThat(node.isPair("pki/apiserver")).isTrue();
        assertThat(node.state.resolve("boot-id")).content().isNotEqualTo("another boot");
        assertThat(node.state.resolve("identity/request.json")).doesNotExist();
    }

    @Test
    void isBackAfterThirtyOneDaysWhereTheServerWasAwayToo() throws Exception {
        off(Duration.ofDays(31));
        server.down = true;
        Agent agent = node.boot();
        agent.round();
        assertThat(agent.status().needsAttention()).isTrue();

        server.down = false;
        clock.advance(Duration.ofMinutes(6));
        agent.round();

        assertThat(agent.status().needsAttention())
                .as(agent.status().toString())
                .isFalse();
    }

    @Test
    void asksAgainForTheSameWhereTheAnswerWasLost() throws Exception {
        off(Duration.ofDays(40));
        // HttpURLConnection sends a request again whose connection broke.
        server.lostComebacks = 2;
        node.boot().round();
        clock.advance(Duration.ofMinutes(6));

        Agent agent = node.boot();
        agent.round();

        assertThat(agent.status().needsAttention())
                .as(agent.status().toString())
                .isFalse();
        assertThat(server.count("POST /api/v1/comebacks")).isEqualTo(3);
        assertThat(server.identitiesIssued()).as("enrolled, and back").isEqualTo(2);
    }

    @Test
    void startsAfreshWhereTheLostAnswerHasEndedTooSinceThen() throws Exception {
        off(Duration.ofDays(40));
        server.lostComebacks = 1;
        node.boot().round();
        off(Duration.ofDays(400));

        Agent agent = node.boot();
        agent.round();

        assertThat(agent.status().needsAttention())
                .as(agent.status().toString())
                .isFalse();
    }

    @Test
    void comesBackByARenewedIdentityWhoseFirstUseWasCutShort() throws Exception {
        Agent agent = node.boot();
        clock.advance(Duration.ofDays(21));
        server.renewTls();
        server.lostAssignments = 2;
        agent.round();
        assertThat(node.state.resolve("identity/next.pem")).exists();
        off(Duration.ofDays(400));

        Agent again = node.boot();
        again.round();

        assertThat(again.status().needsAttention())
                .as(again.status().toString())
                .isFalse();
        assertThat(node.state.resolve("identity/next.pem")).doesNotExist();
    }

    @Test
    void renewsACertificateWhoseRequestWasAnsweredBeforeItWentOff() throws Exception {
        Agent agent = node.boot();
        clock.advance(Duration.ofDays(20));
        server.lostCertificates = true;
        agent.round();
        server.lostCertificates = false;
        off(Duration.ofDays(400));

        Agent again = node.boot();
        again.round();

        assertThat(again.status().needsAttention())
                .as(again.status().toString())
                .isFalse();
        assertThat(node.notAfter("pki/apiserver.crt")).isAfter(clock.instant());
    }

    @Test
    void leavesABusyServerAloneForAsLongAsItAsks() throws Exception {
        off(Duration.ofDays(40));
        server.busyComebacks = 1;
        Agent agent = node.boot();

        Instant next = agent.round();

        assertThat(next)
                .isBetween(clock.instant().plusSeconds(30), clock.instant().plusSeconds(60));
        clock.advance(Duration.ofSeconds(29));
        agent.round();
        assertThat(server.count("POST /api/v1/comebacks")).isEqualTo(1);
        clock.advance(Duration.ofSeconds(31));
        agent.round();
        assertThat(agent.status().needsAttention())
                .as(agent.status().toString())
                .isFalse();
    }

    @Test
    void saysWhyItCannotComeBackAndTouchesNothing() throws Exception {
        String before = node.serial("pki/apiserver.crt");
        off(Duration.ofDays(40));
        server.refuseComebacks = true;
        Agent agent = node.boot();

        agent.round();

        assertThat(agent.status().certificates())
                .filteredOn(line -> line.profile().equals("node-identity"))
                .singleElement()
                .satisfies(line -> assertThat(line.problem()).contains("ended on", "identity-revoked"));
        assertThat(node.serial("pki/apiserver.crt")).isEqualTo(before);
        assertThat(node.isPair("pki/apiserver")).isTrue();
    }

    @Test
    void aSecondMachineWithTheSameBackupIsRefused() throws Exception {
        Path copy = folder.resolve("copy");
        off(Duration.ofDays(40));
        copyFolder(node.state.resolve("identity"), copy.resolve("state/identity"));
        node.boot().round();

        TestNode clone = new TestNode(copy, server, clock);
        Agent agent = clone.boot();
        agent.round();

        assertThat(agent.status().needsAttention()).isTrue();
        assertThat(clone.file("pki/apiserver.crt")).doesNotExist();
    }

    @Test
    void aClockAYearBehindIsSaidAndChangesNothing() throws Exception {
        String before = node.serial("pki/apiserver.crt");
        clock.advance(Duration.ofDays(-365));

        Agent agent = node.boot();
        agent.round();

        assertThat(agent.status().problems())
                .anySatisfy(problem -> assertThat(problem)
                        .contains("the server cannot be checked", "clock says 2025-11-24", "clock behind?"))
                .anySatisfy(problem -> assertThat(problem).contains("when the server last spoke to this node"));
        assertThat(node.serial("pki/apiserver.crt")).isEqualTo(before);
        assertThat(node.isPair("pki/apiserver")).isTrue();
    }

    @Test
    void aClockAYearAheadIsSaidAndChangesNothing() throws Exception {
        String before = node.serial("pki/apiserver.crt");
        server.showFrom(clock.instant(), Duration.ofDays(90));
        clock.advance(Duration.ofDays(365));

        Agent agent = node.boot();
        agent.round();

        assertThat(agent.status().problems())
                .anySatisfy(problem -> assertThat(problem).contains("clock says 2027-11-24", "clock ahead?"));
        assertThat(node.serial("pki/apiserver.crt")).isEqualTo(before);
        assertThat(node.isPair("pki/apiserver")).isTrue();
    }

    @Test
    void aClockAheadOfTheServersCertificatesDoesNotCostAPair() throws Exception {
        String before = node.serial("pki/apiserver.crt");
        // The server's TLS certificate still covers it; what the server issues has ended by this clock.
        clock.advance(Duration.ofDays(60));
        server.ahead = Duration.ofDays(-60);

        Agent agent = node.boot();
        agent.round();
        int issued = server.issued;
        int identities = server.identitiesIssued();
        for (int i = 0; i < 3; i++) {
            clock.advance(Duration.ofMinutes(10));
            agent.round();
        }

        assertThat(agent.status().problems())
                .anySatisfy(problem -> assertThat(problem).contains("ahead of the server's"));
        assertThat(node.serial("pki/apiserver.crt")).isEqualTo(before);
        assertThat(node.isPair("pki/apiserver")).isTrue();
        assertThat(server.issued).as("no certificate after the other").isEqualTo(issued);
        assertThat(server.identitiesIssued()).as("no identity after the other").isEqualTo(identities);
    }

    @Test
    void enrolmentSaysThatItIsTheClock() throws Exception {
        Path other = Files.createDirectories(folder.resolve("other"));
        clock.advance(Duration.ofDays(-365));
        TestNode.Outcome outcome = new TestNode(other, server, clock).command("enrol");

        assertThat(outcome.status()).isEqualTo(ExitCode.UNREACHABLE.status());
        assertThat(outcome.err()).contains("this node's clock says 2025-11-24", "clock behind?");
    }

    @Test
    void aServersClockThatWentBackIsSaid() throws Exception {
        Agent agent = node.boot();
        clock.advance(Duration.ofMinutes(1));
        agent.round();
        server.ahead = Duration.ofHours(-2);
        clock.advance(Duration.ofMinutes(1));
        agent.round();

        assertThat(agent.status().problems()).singleElement().asString().contains("the server's clock went back");
    }

    @Test
    void saysWhenACertificateNearsItsEndAndNoServerAnswers() throws Exception {
        Agent agent = node.boot();
        server.down = true;
        clock.advance(Duration.ofDays(21));
        agent.round();
        assertThat(overdue(agent)).isEmpty();
        clock.advance(Duration.ofDays(2));
        agent.round();

        assertThat(overdue(agent)).contains("kube-apiserver", "node-identity");
        assertThat(agent.status().certificates())
                .filteredOn(line -> line.profile().equals("kube-apiserver"))
                .singleElement()
                .satisfies(line -> assertThat(line.problem()).contains("could not be renewed yet"));
        assertThat(agent.metrics()).contains("certfleet_agent_certificate_overdue{profile=\"kube-apiserver\"} 1");
    }

    @Test
    void aThousandNodesThatBootTogetherComeAtTimesOfTheirOwn() {
        Backoff backoff = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5), new Random(1));
        Instant now = clock.instant();
        int[] perSecond = new int[400];
        for (int agent = 0; agent < 1000; agent++) {
            perSecond[(int) Duration.between(now, backoff.after(now, 6)).toSeconds()]++;
        }
        assertThat(java.util.Arrays.stream(perSecond).max().orElseThrow()).isLessThanOrEqualTo(15);
        List<Duration> told = new ArrayList<>();
        for (int agent = 0; agent < 1000; agent++) {
            told.add(Duration.between(now, backoff.after(now, 0, Duration.ofSeconds(30))));
        }
        assertThat(told).allMatch(pause -> pause.compareTo(Duration.ofSeconds(30)) >= 0);
        assertThat(told.stream().map(Duration::toSeconds).distinct()).hasSizeGreaterThan(20);
    }

    private static List<String> overdue(Agent agent) {
        return agent.status().certificates().stream()
                .filter(StatusReport.Line::overdue)
                .map(StatusReport.Line::profile)
                .toList();
    }

    /** Node off; the server goes on and renews its own TLS certificate. */
    private void off(Duration time) {
        clock.advance(time);
        server.renewTls();
    }

    private static void copyFolder(Path from, Path to) throws Exception {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName().toString()));
            }
        }
    }
}
