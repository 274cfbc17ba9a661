package dev.certfleet.agent;

import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.jr.ob.JSON;
import tools.jackson.jr.ob.JacksonJrExtension;
import tools.jackson.jr.ob.api.ExtensionContext;
import tools.jackson.jr.ob.api.ReaderWriterProvider;
import tools.jackson.jr.ob.api.ValueReader;
import tools.jackson.jr.ob.api.ValueWriter;
import tools.jackson.jr.ob.impl.JSONReader;
import tools.jackson.jr.ob.impl.JSONWriter;

/**
 * Records to and from JSON: the messages of the server, and the agent's own files. Members that a record does not have are
 * passed over, so that an older agent understands a newer server.
 */
public final class Json {
    private static final JSON MAPPER =
            JSON.builder().register(new InstantsAsText()).build();

    private Json() {}

    /** @throws IOException where the text is not JSON or does not fit the type */
    public static <T> T read(Class<T> type, byte[] json) throws IOException {
        try {
            T value = MAPPER.beanFrom(type, json);
            if (value == null) {
                throw new IOException("the JSON is null");
            }
            return value;
        } catch (JacksonException e) {
            throw new IOException("not the JSON that was expected: " + e.getOriginalMessage(), e);
        } catch (RuntimeException e) {
            throw new IOException("not the JSON that was expected: " + Trouble.oneLine(e), e);
        }
    }

    public static byte[] write(Object value) {
        return MAPPER.asBytes(value);
    }

    /** For people: indented. */
    public static String pretty(Object value) {
        return MAPPER.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(value);
    }

    private static final class InstantsAsText extends JacksonJrExtension {
        @Override
        protected void register(ExtensionContext context) {
            context.insertProvider(new ReaderWriterProvider() {
                @Override
                public @Nullable ValueReader findValueReader(JSONReader readContext, Class<?> type) {
                    return type == Instant.class ? new InstantReader() : null;
                }

                @Override
                public @Nullable ValueWriter findValueWriter(JSONWriter writeContext, Class<?> type) {
                    return type == Instant.class ? new InstantWriter() : null;
                }
            });
        }
    }

    private static final class InstantReader extends ValueReader {
        InstantReader() {
            super(Instant.class);
        }

        @Override
        public @Nullable Object read(JSONReader reader, JsonParser parser) {
            String text = parser.getString();
            try {
                return text == null ? null : Instant.parse(text);
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException("not a time: " + text, e);
            }
        }
    }

    private static final class InstantWriter implements ValueWriter {
        @Override
        public void writeValue(JSONWriter context, JsonGenerator generator, Object value) {
            generator.writeString(value.toString());
        }

        @Override
        public Class<?> valueType() {
            return Instant.class;
        }
    }
}
