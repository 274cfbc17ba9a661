package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.web.Doors.Door;
import dev.certfleet.server.x509.Keys;
import dev.certfleet.server.x509.RequestBuilder;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Nobody gets a name that is not on record as theirs, whether a request asks for it or an enrolment claims it. */
class RefusedNamesTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final Doors DOORS = new Doors(SERVER);
    private static final Doors ELSEWHERE = new Doors(SERVER);

    static Stream<Arguments> requests() {
        return Stream.concat(
                Stream.of(Door.values()).flatMap(RefusedNamesTest::ofEverybody),
                Stream.of(
                        // An identity carries no names, not even the node's own
                        of(Door.ENROLMENT, "address-not-recorded", "own address", csr -> csr.address("192.0.2.30")),
                        of(
                                Door.NODE_CERTIFICATE,
                                "subject-not-yours",
                                "another node",
                                csr -> csr.subject("O=system:nodes,CN=system:node:worker-2")),
                        of(Door.ENROLMENT, "subject-not-yours", "another node", csr -> csr.subject("CN=worker-2")),
                        of(
                                Door.IDENTITY_RENEWAL,
                                "subject-not-yours",
                                "another cluster",
                                csr -> csr.subject("O=" + ELSEWHERE.cluster + ",CN=worker-1")),
                        of(
                                Door.ENROLMENT,
                                "subject-not-yours",
                                "another cluster",
                                csr -> csr.subject("O=" + ELSEWHERE.cluster + ",CN=fresh-1")),
                        of(
                                Door.OPERATOR_RENEWAL,
                                "subject-not-yours",
                                "another operator",
                                csr -> csr.subject("CN=admin"))));
    }

    private static Stream<Arguments> ofEverybody(Door door) {
        // Of what operators hold no cluster's names are reserved; they carry no names at all
        boolean ofCluster = door != Door.OPERATOR && door != Door.OPERATOR_RENEWAL;
        String reserved = ofCluster ? "reserved-name" : "name-not-recorded";
        String reservedAddress = ofCluster ? "reserved-name" : "address-not-recorded";
        return Stream.of(
                of(door, "address-not-recorded", "an address", csr -> csr.address("192.0.2.99")),
                of(door, "address-not-recorded", "another node's address", csr -> csr.address("192.0.2.20")),
                of(door, reservedAddress, "the API's service address", csr -> csr.address("10.96.0.1")),
                of(door, reservedAddress, "the API's outer address", csr -> csr.address("203.0.113.7")),
                of(door, reservedAddress, "loopback", csr -> csr.address("127.0.0.1")),
                of(door, reserved, "the control-plane endpoint", csr -> csr.dns(DOORS.endpoint)),
                of(door, "reserved-name", "the API's service name", csr -> csr.dns("kubernetes.default.svc")),
                of(door, "reserved-name", "in capitals", csr -> csr.dns("KUBERNETES.default.svc.cluster.local")),
                of(door, "name-not-recorded", "another node's name", csr -> csr.dns("worker-2")),
                of(door, "name-not-recorded", "another cluster's name", csr -> csr.dns(ELSEWHERE.endpoint)),
                of(door, "name-not-recorded", "a wildcard", csr -> csr.dns("*")),
                of(door, "privileged-group", "system:masters", csr -> csr.subject("O=system:masters")),
                of(door, "privileged-group", "as a name", csr -> csr.subject("CN=system:masters")));
    }

    private static Arguments of(Door door, String rule, String what, UnaryOperator<RequestBuilder> wish) {
        return Arguments.of(door, rule, what, wish);
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @MethodSource("requests")
    void refusesRequestForWhatIsNotItsHolders(Door door, String rule, String what, UnaryOperator<RequestBuilder> wish) {
        String csr = wish.apply(new RequestBuilder(Keys.of(KeyAlgorithm.P256))).pem();
        OnRecord before = OnRecord.of(SERVER);

        DOORS.ask(door, csr).expectViolation(rule);

        if (door == Door.ENROLMENT) {
            before.assertOnlyAudited(SERVER);
            assertThat(DOORS.lastRefusal()).startsWith(rule + ": ");
        } else {
            before.assertUnchanged(SERVER);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "kubernetes.default.svc, 192.0.2.30, reserved-name",
        "localhost, 192.0.2.30, reserved-name",
        "ENDPOINT, 192.0.2.30, reserved-name",
        "fresh-1, 10.96.0.1, reserved-name",
        "fresh-1, 203.0.113.7, reserved-name",
        "fresh-1, ::ffff:203.0.113.7, reserved-name",
        "fresh-1, 127.0.0.1, addresses",
        "fresh-1, 127.1, addresses",
        "fresh-1, ::ffff:127.0.0.1, addresses",
        "fresh-1, ::1, addresses",
        "fresh-1, 0.0.0.0, addresses",
        "fresh-1, 224.0.0.1, addresses",
        "fresh-1, node.example.org, addresses",
        "fresh-1, 192.0.2.0/24, addresses",
        "fresh-1, '', addresses",
        "Fresh-1, 192.0.2.30, node-name",
        "fresh..1, 192.0.2.30, node-name",
        "-fresh, 192.0.2.30, node-name",
        "fresh_1, 192.0.2.30, node-name",
        "'fresh-1,O=system:masters', 192.0.2.30, node-name",
        "system:masters, 192.0.2.30, node-name",
        "a23456789012345678901234567890123456789012345678901-x, 192.0.2.30, node-name",
        "'', 192.0.2.30, node-name"
    })
    void refusesEnrolmentThatClaimsWhatNoNodeCanHave(String name, String address, String rule) {
        OnRecord before = OnRecord.of(SERVER);

        DOORS.enrol(
                        name.replace("ENDPOINT", DOORS.endpoint),
                        address,
                        TestIdentity.request().pem())
                .expectViolation(rule);

        before.assertOnlyAudited(SERVER);
        assertThat(DOORS.lastRefusal()).startsWith(rule + ": ");
    }
}
