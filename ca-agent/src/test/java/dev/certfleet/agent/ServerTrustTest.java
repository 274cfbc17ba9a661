package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.identity.IdentityFolder;
import dev.certfleet.agent.identity.KeySeal;
import dev.certfleet.pki.Certificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom a node takes for its server after the installation's authority was replaced while it was away. */
class ServerTrustTest {
    private static final Duration LIFE = Duration.ofDays(3650);

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
        clock.advance(Duration.ofDays(400));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void followsOneSuccessionAndTakesOverTheNewBundle() throws Exception {
        TestAuthority first = server.installation();
        TestAuthority second = authority("certfleet installation 2");
        server.succeed(second, List.of(second.certificate(), second.certifiedBy(first, clock.instant(), LIFE)));

        Agent agent = node.boot();
        agent.round();

        assertThat(agent.status().needsAttention())
                .as(agent.status().toString())
                .isFalse();
        assertThat(Certificates.parse(Files.readString(node.state.resolve("identity/installation.pem"))))
                .containsExactly(second.certificate());
        server.succeed(second, List.of(second.certificate()));
        Agent again = node.boot();
        again.round();
        assertThat(again.status().needsAttention()).isFalse();
    }

    @Test
    void followsSeveralSuccessionsInAnyOrderOfTheChain() throws Exception {
        TestAuthority first = server.installation();
        TestAuthority second = authority("certfleet installation 2");
        TestAuthority third = authority("certfleet installation 3");
        X509Certificate secondByFirst = second.certifiedBy(first, clock.instant(), LIFE);
        X509Certificate thirdBySecond = third.certifiedBy(second, clock.instant(), LIFE);
        for (List<X509Certificate> sent : List.of(
                List.of(third.certificate(), thirdBySecond, secondByFirst),
                List.of(thirdBySecond, secondByFirst, third.certificate()))) {
            server.succeed(third, sent);
            for (TestAuthority known : List.of(first, second, third)) {
                storeBundle(List.of(known.certificate()));
                Agent agent = node.boot();
                agent.round();
                assertThat(agent.status().problems())
                        .as(known.certificate().getSubjectX500Principal().toString())
                        .isEmpty();
            }
        }
    }

    @Test
    void refusesASuccessorThatTheOldKeyDidNotSign() throws Exception {
        TestAuthority impostor = authority("certfleet installation");
        TestAuthority second = authority("certfleet installation 2");
        server.succeed(second, List.of(second.certificate(), second.certifiedBy(impostor, clock.instant(), LIFE)));

        assertUntrusted();
    }

    @Test
    void refusesAnAuthorityOfTheSameName() throws Exception {
        TestAuthority impostor = authority("certfleet installation");
        server.succeed(impostor, List.of(impostor.certificate()));

        assertUntrusted();
    }

    @Test
    void refusesASuccessionThatHasEnded() throws Exception {
        TestAuthority first = server.installation();
        TestAuthority second = authority("certfleet installation 2");
        X509Certificate ended =
                second.certifiedBy(first, clock.instant().minus(Duration.ofDays(100)), Duration.ofDays(50));
        server.succeed(second, List.of(second.certificate(), ended));

        Agent agent = node.boot();
        agent.round();

        assertThat(agent.status().problems())
                .singleElement()
                .asString()
                .contains("CN=certfleet installation 2 ended on");
    }

    @Test
    void refusesWhatIsCertifiedByARootThatHasEnded() throws Exception {
        TestAuthority first = new TestAuthority("certfleet old", clock.instant(), Duration.ofDays(10));
        TestAuthority second = authority("certfleet installation 2");
        storeBundle(List.of(first.certificate()));
        clock.advance(Duration.ofDays(20));
        server.succeed(second, List.of(second.certificate(), second.certifiedBy(first, clock.instant(), LIFE)));

        Agent agent = node.boot();
        agent.round();

        assertThat(agent.status().problems())
                .singleElement()
                .asString()
                .contains("CN=certfleet old, ended on", "allow a reinstall", "clock");
    }

    private void assertUntrusted() throws Exception {
        String before = node.serial("pki/apiserver.crt");
        Agent agent = node.boot();
        agent.round();
        assertThat(agent.status().problems())
                .singleElement()
                .asString()
                .contains("what answers is not the expected certfleet server");
        assertThat(node.serial("pki/apiserver.crt")).isEqualTo(before);
        assertThat(server.count("POST /api/v1/comebacks")).isZero();
    }

    private void storeBundle(List<X509Certificate> authorities) {
        new IdentityFolder(node.state.resolve("identity"), KeySeal.NONE).storeBundle(Certificates.pem(authorities));
    }

    private TestAuthority authority(String name) {
        return new TestAuthority(name, clock.instant());
    }
}
