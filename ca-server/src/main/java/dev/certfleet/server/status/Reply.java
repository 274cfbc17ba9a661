package dev.certfleet.server.status;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP response before it is written.
 *
 * @param status its status code
 * @param headers all of them but Content-Length and Date
 * @param body may be empty
 * @param file what is sent instead of the body; null where it is the body
 */
record Reply(
        int status,
        Map<String, String> headers,
        byte[] body,
        @Nullable FileBody file) {
    /**
     * A file that does not change while it is sent, though its name may be gone.
     *
     * @param path the file
     * @param length its length in octets
     */
    record FileBody(Path path, long length) {}

    Reply(int status, Map<String, String> headers, byte[] body) {
        this(status, headers, body, null);
    }

    static Reply ok(String contentType, FileBody file) {
        return new Reply(200, Map.of("Content-Type", contentType), new byte[0], file);
    }

    static Reply ok(String contentType, byte[] body) {
        return new Reply(200, Map.of("Content-Type", contentType), body);
    }

    /** One line for a person to read. */
    static Reply problem(int status, String line) {
        return new Reply(
                        status,
                        Map.of("Content-Type", "text/plain;charset=utf-8"),
                        (line + "\n").getBytes(StandardCharsets.UTF_8))
                .with("Cache-Control", "no-store");
    }

    static Reply notAllowed(String methods) {
        return problem(405, "only " + methods).with("Allow", methods);
    }

    static Reply notFound() {
        return problem(404, "here are /ocsp, /crl/AUTHORITY.crl and /ca/AUTHORITY.crt");
    }

    Reply with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Reply(status, more, body, file);
    }

    /** The same without its body: what the client has is still right. */
    Reply notModified() {
        Map<String, String> kept = new LinkedHashMap<>(headers);
        kept.remove("Content-Type");
        return new Reply(304, kept, new byte[0]);
    }
}
