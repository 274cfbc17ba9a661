package dev.certfleet.server.web;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestServer;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever has no grant to change a cluster changes nothing of it, by whichever route. */
class AnotherClusterTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final Map<String, TestClient> OPERATORS = new TreeMap<>();

    @SuppressWarnings("NullAway.Init")
    private static Inhabited other;

    @BeforeAll
    static void makeClusters() {
        other = new Inhabited(SERVER);
        OPERATORS.put("admin of another cluster", SERVER.as(SERVER.newOperator(SERVER.newCluster(), "admin")));
        OPERATORS.put("viewer of the cluster", SERVER.as(SERVER.newOperator(other.cluster, "viewer")));
        OPERATORS.put("viewer of all clusters", SERVER.as(SERVER.newOperator("*", "viewer")));
    }

    /** All but those that need no certificate. */
    static Stream<Arguments> routes() {
        return Route.changing(SERVER)
                .filter(route ->
                        !route.path().startsWith("/enrolments") && !route.path().startsWith("/comebacks"))
                .flatMap(route -> Stream.of(
                                "admin of another cluster", "viewer of the cluster", "viewer of all clusters")
                        .map(operator -> Arguments.of(operator, route)));
    }

    @ParameterizedTest
    @MethodSource("routes")
    void refusesOperatorWithoutAGrantToChangeIt(String operator, Route route) {
        TestClient client = Objects.requireNonNull(OPERATORS.get(operator));
        String path = other.path(route);
        String body = other.body(route);
        OnRecord before = OnRecord.of(SERVER);

        TestClient.Answer answer = route.send(client, path, body);

        answer.expectProblem(403, "not-permitted");
        before.assertUnchanged(SERVER);
    }
}
