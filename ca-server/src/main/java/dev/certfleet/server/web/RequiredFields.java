package dev.certfleet.server.web;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.http.HttpInputMessage;
import org.springframework.http.converter.HttpMessageConverter;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.servlet.mvc.method.annotation.RequestBodyAdviceAdapter;

/**
 * A body's record has every component that is not {@code @Nullable}: the types say what is required, and nothing else. Its
 * texts are texts: none has U+0000, which no PostgreSQL keeps, or half a surrogate pair.
 */
@RestControllerAdvice
class RequiredFields extends RequestBodyAdviceAdapter {
    @Override
    public boolean supports(
            MethodParameter parameter, Type targetType, Class<? extends HttpMessageConverter<?>> converterType) {
        return true;
    }

    @Override
    public Object afterBodyRead(
            Object body,
            HttpInputMessage message,
            MethodParameter parameter,
            Type targetType,
            Class<? extends HttpMessageConverter<?>> converterType) {
        require(body);
        return body;
    }

    static void require(Object body) {
        List<String> missing = new ArrayList<>();
        collect(body, "", missing);
        if (!missing.isEmpty()) {
            throw new ProblemException(ProblemType.MISSING_FIELD, "the body lacks " + String.join(", ", missing));
        }
    }

    /** Whether a text can be kept as it is. */
    static boolean isText(String value) {
        return value.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(value);
    }

    private static void collect(@Nullable Object value, String path, List<String> missing) {
        if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                if (list.get(i) == null) {
                    missing.add(path + "[" + i + "]");
                }
                collect(list.get(i), path + "[" + i + "]", missing);
            }
        } else if (value instanceof String text && !isText(text)) {
            throw new ProblemException(
                    ProblemType.WRONG_TYPE, "'" + path + "' is not a text: it has U+0000 or half a surrogate pair");
        } else if (value instanceof Record body) {
            for (RecordComponent component : body.getClass().getRecordComponents()) {
                String name = path.isEmpty() ? component.getName() : path + "." + component.getName();
                Object member = read(component, body);
                if (member == null && isRequired(component)) {
                    missing.add(name);
                }
                collect(member, name, missing);
            }
        }
    }

    /** The fields that a record's JSON always has. */
    static List<String> of(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .filter(RequiredFields::isRequired)
                .map(RecordComponent::getName)
                .toList();
    }

    private static boolean isRequired(RecordComponent component) {
        return !component.getAnnotatedType().isAnnotationPresent(Nullable.class);
    }

    private static @Nullable Object read(RecordComponent component, Record body) {
        try {
            return component.getAccessor().invoke(body);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a record's accessors are public", e);
        }
    }
}
