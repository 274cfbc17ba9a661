package dev.certfleet.server.web;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says in words what a field or a parameter takes. */
final class Expected {
    private Expected() {}

    static String of(@Nullable Class<?> type) {
        if (type == null) {
            return "what is expected here";
        }
        if (type.isEnum()) {
            return "one of "
                    + Arrays.stream(type.getEnumConstants())
                            .map(Object::toString)
                            .collect(Collectors.joining(", "));
        }
        if (Collection.class.isAssignableFrom(type)) {
            return "an array";
        }
        return ofValue(type);
    }

    private static String ofValue(Class<?> type) {
        if (type == String.class) {
            return "a text";
        }
        if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
            return "a whole number";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type == Instant.class) {
            return "a time as in RFC 3339, such as 2026-01-31T12:00:00Z";
        }
        if (type == Duration.class) {
            return "a duration as in ISO 8601, such as PT20S";
        }
        return type == UUID.class ? "an id" : "an object";
    }
}
