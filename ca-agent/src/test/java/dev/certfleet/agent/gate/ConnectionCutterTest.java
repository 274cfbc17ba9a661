package dev.certfleet.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.testing.TestAuthority;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class ConnectionCutterTest {
    private final MovableClock clock = new MovableClock();
    private final TestAuthority authority = TestAuthority.create("kubernetes", KeyAlgorithm.P256, clock.instant());
    private final CallerMemory callers = new CallerMemory();
    private final FakeKiller killer = new FakeKiller();
    private final GateMetrics metrics = new GateMetrics();
    private final ConnectionCutter cutter =
            new ConnectionCutter(callers, killer, () -> OptionalInt.of(6443), clock, metrics);

    private X509Certificate client(String name) {
        return authority.client("CN=" + name, clock.instant()).certificate();
    }

    private void seen(X509Certificate certificate, String address) {
        callers.seen(Fingerprint.parse(Certificates.fingerprint(certificate)).orElseThrow(), address, clock.instant());
    }

    private void revoke(X509Certificate certificate, String... addresses) {
        cutter.revoked(new RevocationListener.Revoked(
                Certificates.fingerprint(certificate),
                certificate,
                RevocationReason.KEY_COMPROMISE,
                clock.instant(),
                List.of(addresses)));
    }

    @Test
    void endsANodesConnectionsByItsAddressesSeveralTimesAndThenNoMore() throws Exception {
        revoke(client("system:node:worker-1"), "10.0.0.5", "fd00::5", "127.0.0.1");

        for (int i = 0; i < 200; i++) {
            cutter.cutDue();
            clock.advance(Duration.ofMillis(100));
        }

        assertThat(killer.killed).hasSize(10).containsOnly("10.0.0.5", "fd00::5");
        assertThat(metrics.counted("connection-cut")).isEqualTo(10);
    }

    @Test
    void endsAUsersConnectionsFromAddressesThatAreNobodyElses() throws Exception {
        X509Certificate alice = client("alice");
        seen(alice, "10.0.0.7");
        seen(alice, "10.0.0.8");
        seen(client("bob"), "10.0.0.8");
        callers.seen(CallerMemory.named("system:serviceaccount:a:b"), "10.0.0.9", clock.instant());
        seen(alice, "10.0.0.9");
        seen(alice, "127.0.0.1");

        revoke(alice);
        cutter.cutDue();
        assertThat(killer.killed)
                .as("who else is there is not known before the log was read")
                .isEmpty();
        clock.advance(Duration.ofSeconds(1));
        cutter.cutDue();

        assertThat(killer.killed).containsExactly("10.0.0.7");
        assertThat(metrics.counted("connections-left")).isZero();
    }

    @Test
    void leavesAUserAloneWhoseAddressesAreSharedOrUnknown() throws Exception {
        X509Certificate alice = client("alice");
        seen(alice, "10.0.0.8");
        seen(client("bob"), "10.0.0.8");

        revoke(alice);
        revoke(client("carol"));
        clock.advance(Duration.ofSeconds(1));
        cutter.cutDue();

        assertThat(killer.killed).isEmpty();
        assertThat(metrics.counted("connections-left")).isEqualTo(2);
    }

    @Test
    void forgetsAfterADayWhoElseWasThere() throws Exception {
        X509Certificate alice = client("alice");
        seen(client("bob"), "10.0.0.8");
        clock.advance(CallerMemory.LATELY.plusSeconds(1));
        seen(alice, "10.0.0.8");

        revoke(alice);
        clock.advance(Duration.ofSeconds(1));
        cutter.cutDue();

        assertThat(killer.killed).containsExactly("10.0.0.8");
    }
}
