package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestServer;
import java.lang.reflect.RecordComponent;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.web.bind.annotation.RequestMethod;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What is wrong with a body is said of every route alike, before anything is done. */
class BodyTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final TestClient ADMIN = SERVER.admin();
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @SuppressWarnings("NullAway.Init")
    private static Inhabited inhabited;

    @SuppressWarnings("NullAway.Init")
    private static TestClient agent;

    @SuppressWarnings("NullAway.Init")
    private static TestClient operator;

    @SuppressWarnings("NullAway.Init")
    private OnRecord before;

    @BeforeAll
    static void makeCluster() {
        inhabited = new Inhabited(SERVER);
        agent = SERVER.as(inhabited.node);
        operator = SERVER.as(inhabited.operator);
    }

    @BeforeEach
    void remember() {
        before = OnRecord.of(SERVER);
    }

    @AfterEach
    void changesNothing() {
        before.assertUnchanged(SERVER);
    }

    static Stream<Route> withBody() {
        return Route.changing(SERVER)
                .filter(route -> route.method() == RequestMethod.POST || route.method() == RequestMethod.PATCH)
                .filter(route -> route.body() != null);
    }

    static Stream<Route> withoutBody() {
        return Route.changing(SERVER).filter(route -> route.body() == null);
    }

    @ParameterizedTest
    @MethodSource("withBody")
    void refusesWhatIsNotJson(Route route) {
        String good = inhabited.body(route);
        String repeated = "{" + good.substring(1, good.length() - 1) + ", " + good.substring(1);
        for (String body : List.of(
                "name=prod", "", "null", good.substring(0, good.length() - 1), good + "}", repeated, "<a/>", "NaN")) {
            post(route, body).expectProblem(400, "not-json");
        }
        byte[] notUtf8 = good.replaceFirst("\"", "\"\u00e9").getBytes(StandardCharsets.ISO_8859_1);
        send(route, BodyPublishers.ofByteArray(notUtf8), "Content-Type", "application/json")
                .expectProblem(400, "not-json");
    }

    @ParameterizedTest
    @MethodSource("withBody")
    void refusesWhatIsNoObject(Route route) {
        for (String body : List.of("[]", "\"text\"", "7", "true", "[".repeat(100_000))) {
            post(route, body).expectProblem(400, "wrong-type");
        }
    }

    @ParameterizedTest
    @MethodSource("withBody")
    void refusesNoBodyAtAll(Route route) {
        send(route, BodyPublishers.noBody()).expectProblem(415, "unsupported-media-type");
    }

    @ParameterizedTest
    @MethodSource("withBody")
    void refusesUnknownField(Route route) {
        ObjectNode body = good(route).put("colour", "red");
        assertThat(post(route, body.toString())
                        .expectProblem(400, "unknown-field")
                        .get("detail")
                        .asString())
                .startsWith("'colour'");
    }

    @ParameterizedTest
    @MethodSource("withBody")
    void refusesEveryFieldOfAnotherType(Route route) {
        for (RecordComponent field : route.fields()) {
            String object = field.getType().isRecord() ? "[]" : "{\"x\": 1}";
            String flag = field.getType() == Boolean.class ? "7" : "true";
            for (String value : List.of(object, flag, "7.5", field.getType() == String.class ? "[]" : "\"x\"")) {
                ObjectNode body = good(route);
                body.set(field.getName(), JSON.readTree(value));
                JsonNode problem = post(route, body.toString()).expectProblem(400, "wrong-type");
                assertThat(problem.get("detail").asString()).contains("'" + field.getName());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("withBody")
    void refusesEveryRequiredFieldLeftOutOrNull(Route route) {
        for (RecordComponent field : route.fields()) {
            if (!field.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                ObjectNode without = good(route);
                without.remove(field.getName());
                ObjectNode withNull = good(route).putNull(field.getName());
                for (ObjectNode body : List.of(without, withNull)) {
                    assertThat(post(route, body.toString())
                                    .expectProblem(400, "missing-field")
                                    .get("detail")
                                    .asString())
                            .isEqualTo("the body lacks " + field.getName());
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("withBody")
    void refusesTextThatNoDatabaseKeeps(Route route) {
        for (RecordComponent field : route.fields()) {
            if (field.getType() == String.class) {
                ObjectNode body = good(route).put(field.getName(), "half");
                for (String text : List.of("a\\u0000b", "a\\ud800b")) {
                    post(route, body.toString().replace("half", text)).expectProblem(400, "wrong-type");
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("withBody")
    void refusesTooLargeABody(Route route) {
        post(route, inhabited.body(route) + " ".repeat(BodyLimitFilter.MOST_BYTES))
                .expectProblem(413, "body-too-large");
    }

    @ParameterizedTest
    @MethodSource("withoutBody")
    void refusesABodyWhereNoneIsTaken(Route route) {
        for (String body : List.of("{\"comment\": \"never\"}", "x")) {
            send(route, body).expectProblem(400, "unknown-field");
        }
        send(route, " ".repeat(BodyLimitFilter.MOST_BYTES + 1)).expectProblem(413, "body-too-large");
    }

    private static ObjectNode good(Route route) {
        return (ObjectNode) JSON.readTree(inhabited.body(route));
    }

    private static TestClient.Answer post(Route route, String body) {
        return send(route, body);
    }

    private static TestClient.Answer send(Route route, String body) {
        return send(route, BodyPublishers.ofString(body), "Content-Type", "application/json");
    }

    private static TestClient.Answer send(Route route, BodyPublisher body, String... headers) {
        TestClient caller = caller(route);
        return caller.send(caller.request(inhabited.path(route), headers)
                .method(route.method().name(), body));
    }

    /** Somebody whom the route would do it for. */
    private static TestClient caller(Route route) {
        if (route.path().startsWith("/agent/")) {
            return agent;
        }
        return route.path().equals("/operators/{name}/renew") ? operator : ADMIN;
    }
}
