package dev.certfleet.server.x509;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.certfleet.pki.KeyAlgorithm;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostNamesTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "worker-1", "kubernetes.default.svc", "1a.example.org", "xn--bcher-kva.example"})
    void takesHostNames(String name) {
        assertThat(HostNames.isDnsName(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "a.",
                "-a",
                "a-",
                "a..b",
                "A",
                "a_b",
                "*.example.org",
                "a b",
                "10.0.0.1",
                "bücher",
                "a\n"
            })
    void refusesWhatIsNoHostName(String name) {
        assertThat(HostNames.isDnsName(name)).isFalse();
        assertThat(HostNames.isDnsName("a".repeat(64))).isFalse();
        assertThat(HostNames.isDnsName("a.".repeat(127) + "a")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1", "1", "256.0.0.1", "fe80::1%eth0", "::g", "localhost", "1.2.3.4.5", ":", ""})
    void refusesWhatIsNoAddress(String text) {
        assertThat(HostNames.address(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "10.96.0.0/12, 10.96.0.1",
        "10.97.3.4/12, 10.96.0.1",
        "172.20.0.0/16, 172.20.0.1",
        "fd00:10:96::/112, fd00:10:96:0:0:0:0:1"
    })
    void findsTheFirstAddressOfAServiceNetwork(String network, String first) {
        assertThat(HostNames.firstAddress(network).getHostAddress()).isEqualTo(first);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.96.0.0", "10.96.0.0/33", "10.96.0.0/31", "x/12", "10.96.0.0/-1", "fd00::/129"})
    void refusesWhatIsNoServiceNetwork(String network) {
        assertThatIllegalArgumentException().isThrownBy(() -> HostNames.firstAddress(network));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ClusterFacts(
                        "prod", "cluster.local", List.of(network), null, List.of(), KeyAlgorithm.P256));
    }

    @ParameterizedTest
    @CsvSource({
        "api.example.org:6443, api.example.org",
        "API.example.org, api.example.org",
        "192.0.2.1:6443, 192.0.2.1",
        "[2001:db8::1]:6443, 2001:db8::1",
        "2001:db8::1, 2001:db8::1"
    })
    void findsTheHostOfAnEndpoint(String endpoint, String host) {
        assertThat(HostNames.hostOf(endpoint)).isEqualTo(host);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":6443", "[", "https://api.example.org", "a b:1", "*.example.org"})
    void refusesWhatIsNoEndpoint(String endpoint) {
        assertThatIllegalArgumentException().isThrownBy(() -> HostNames.hostOf(endpoint));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Prod", "a.b", "system:masters", "-x"})
    void refusesClusterNamesThatAreNoLabels(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> new ClusterFacts(name, "cluster.local", List.of(), null, List.of(), KeyAlgorithm.P256));
    }
}
