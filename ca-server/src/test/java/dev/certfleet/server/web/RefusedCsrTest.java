package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.x509.Keys;
import dev.certfleet.server.x509.RequestBuilder;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** No key that is unfit gets certified, by whichever door its request comes in, nor is a request that cannot be believed. */
class RefusedCsrTest {
    private static final TestServer SERVER = TestServer.shared();

    /** What is wrong with a request, by the one rule that it breaks. */
    private static final Map<String, String> RULES = Map.of(
            "broken signature", "signature",
            "signed by another key", "signature",
            "RSA of 2048 bits", "key-size",
            "RSA by Infineon", "roca",
            "P-256 by Debian", "debian-weak-key",
            "P-521", "key-curve",
            "secp256k1", "key-curve",
            "Ed25519 signature over nothing", "signature",
            "more than 64 KiB", "request-too-large",
            "cut off", "malformed-request");

    private static final Map<String, String> REQUESTS = new TreeMap<>();

    @SuppressWarnings("NullAway.Init")
    private static Doors doors;

    @BeforeAll
    static void make() {
        doors = new Doors(SERVER);
        KeyPair good = Keys.of(KeyAlgorithm.P256);
        byte[] broken = new RequestBuilder(good).der();
        broken[broken.length - 1] ^= 1;
        KeyPair mixed =
                new KeyPair(good.getPublic(), Keys.generate(KeyAlgorithm.P256).getPrivate());
        byte[] edwards = new RequestBuilder(Keys.of(KeyAlgorithm.ED25519)).der();
        Arrays.fill(edwards, edwards.length - 64, edwards.length, (byte) 0);
        REQUESTS.put("broken signature", pem(broken));
        REQUESTS.put("signed by another key", new RequestBuilder(mixed).pem());
        REQUESTS.put("RSA of 2048 bits", new RequestBuilder(Keys.rsa(2048)).pem());
        REQUESTS.put("RSA by Infineon", new RequestBuilder(Keys.roca()).pem());
        REQUESTS.put("P-256 by Debian", new RequestBuilder(Keys.debianWeak()).pem());
        REQUESTS.put("P-521", new RequestBuilder(Keys.onCurve("secp521r1")).pem());
        REQUESTS.put("secp256k1", new RequestBuilder(Keys.onCurve("secp256k1")).pem());
        REQUESTS.put("Ed25519 signature over nothing", pem(edwards));
        REQUESTS.put("more than 64 KiB", names(1500).pem());
        REQUESTS.put("cut off", pem(Arrays.copyOf(broken, 100)));
    }

    static Stream<Arguments> requestsAtDoors() {
        return RULES.keySet().stream()
                .sorted()
                .flatMap(request -> Arrays.stream(Doors.Door.values()).map(door -> Arguments.of(request, door)))
                .filter(arguments -> !isEdwardsForABrowser(arguments));
    }

    /** Operators' keys have to be what browsers take: there another rule is broken first. */
    private static boolean isEdwardsForABrowser(Arguments arguments) {
        return arguments.get()[0].toString().startsWith("Ed25519")
                && arguments.get()[1].toString().startsWith("OPERATOR");
    }

    @ParameterizedTest
    @MethodSource("requestsAtDoors")
    void refusesByTheOneRuleThatIsBroken(String request, Doors.Door door) {
        String rule = Objects.requireNonNull(RULES.get(request));
        String csr = Objects.requireNonNull(REQUESTS.get(request));
        OnRecord before = OnRecord.of(SERVER);

        TestClient.Answer answer = doors.ask(door, csr);

        answer.expectViolation(rule);
        boolean read = !rule.equals("request-too-large") && !rule.equals("malformed-request");
        if (door == Doors.Door.ENROLMENT && read) {
            before.assertOnlyAudited(SERVER);
            assertThat(doors.lastRefusal()).startsWith(rule + ": ");
        } else {
            before.assertUnchanged(SERVER);
        }
    }

    @ParameterizedTest
    @MethodSource("doors")
    void refusesAMegabyteOfNamesByItsSize(Doors.Door door) {
        String csr = names(20_000).pem();
        assertThat(csr).hasSizeGreaterThan(1_000_000);
        OnRecord before = OnRecord.of(SERVER);

        doors.ask(door, csr).expectProblem(413, "body-too-large");

        before.assertUnchanged(SERVER);
    }

    @ParameterizedTest
    @MethodSource("doors")
    void refusesMoreNamesThanAreLookedAt(Doors.Door door) {
        OnRecord before = OnRecord.of(SERVER);

        doors.ask(door, names(101).pem()).expectViolation("too-many-names");

        if (door == Doors.Door.ENROLMENT) {
            before.assertOnlyAudited(SERVER);
        } else {
            before.assertUnchanged(SERVER);
        }
    }

    static Stream<Doors.Door> doors() {
        return Arrays.stream(Doors.Door.values());
    }

    @ParameterizedTest
    @MethodSource("ed25519Doors")
    void refusesKeysThatNoBrowserTakes(Doors.Door door) {
        doors.ask(door, new RequestBuilder(Keys.of(KeyAlgorithm.ED25519)).pem()).expectViolation("key-algorithm");
    }

    static List<Doors.Door> ed25519Doors() {
        return List.of(Doors.Door.OPERATOR, Doors.Door.OPERATOR_RENEWAL);
    }

    private static RequestBuilder names(int count) {
        return new RequestBuilder(Keys.of(KeyAlgorithm.P256))
                .dns(IntStream.range(0, count)
                        .mapToObj(i -> "name-" + i + ".of.quite.some.length.example.org")
                        .toArray(String[]::new));
    }

    private static String pem(byte[] der) {
        return RequestBuilder.pem("CERTIFICATE REQUEST", der);
    }
}
