package dev.certfleet.server.web;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestServer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/**
 * Something that changes what is on record.
 *
 * @param path without {@code /api/v1}
 * @param body the record that the body is read into; null where there is none
 */
record Route(RequestMethod method, String path, @Nullable Class<?> body) {
    private static final String API = "/api/v1";

    /** All that the server has: whatever is mapped and does not just read. */
    static Stream<Route> changing(TestServer server) {
        return server.bean(RequestMappingHandlerMapping.class).getHandlerMethods().entrySet().stream()
                .flatMap(entry -> entry.getKey().getMethodsCondition().getMethods().stream()
                        .filter(method -> method != RequestMethod.GET)
                        .flatMap(method -> entry.getKey().getPatternValues().stream()
                                .filter(path -> path.startsWith(API))
                                .map(path ->
                                        new Route(method, path.substring(API.length()), bodyOf(entry.getValue())))))
                .sorted(java.util.Comparator.comparing(Route::toString));
    }

    private static @Nullable Class<?> bodyOf(HandlerMethod handler) {
        return Arrays.stream(handler.getMethodParameters())
                .filter(parameter -> parameter.hasParameterAnnotation(RequestBody.class))
                .<Class<?>>map(MethodParameter::getParameterType)
                .findAny()
                .orElse(null);
    }

    /** Sends it; an empty body is none. */
    TestClient.Answer send(TestClient client, String path, String body) {
        return switch (method) {
            case DELETE -> client.delete(path);
            case PATCH -> client.patch(path, body);
            default -> body.isEmpty() ? client.post(path) : client.post(path, body);
        };
    }

    List<java.lang.reflect.RecordComponent> fields() {
        return List.of(Objects.requireNonNull(body).getRecordComponents());
    }

    @Override
    public String toString() {
        return method + " " + path;
    }
}
