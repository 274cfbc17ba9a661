package dev.certfleet.server.status;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an endpoint sees of an HTTP request. */
interface Request {
    /** As it was sent: methods are case-sensitive. */
    String method();

    /** All values under a name, in whatever case it was written. */
    List<String> headers(String name);

    default @Nullable String header(String name) {
        List<String> values = headers(name);
        return values.isEmpty() ? null : values.getFirst();
    }

    default boolean isHead() {
        return method().equals("HEAD");
    }
}
