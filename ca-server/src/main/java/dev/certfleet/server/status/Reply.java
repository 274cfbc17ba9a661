package dev.certfleet.server.status;

import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP response before it is written.
 *
 * @param status its status code
 * @param contentType null where there is no body
 * @param headers all others, each with its line end, but Content-Length, Date and Connection
 * @param body may be empty
 */
record Reply(int status, @Nullable String contentType, String headers, Body body) {
    /** What follows the headers. */
    sealed interface Body {
        Body NONE = new Octets(new byte[0]);

        long length();

        /** From memory. */
        record Octets(byte[] octets) implements Body {
            @Override
            public long length() {
                return octets.length;
            }
        }

        /**
         * The beginning of an open file, however its name is used meanwhile.
         *
         * @param file is closed when it was sent, or need not be
         */
        record Region(FileChannel file, long length) implements Body {}
    }

    static Reply ok(String contentType, byte[] body) {
        return ok(contentType, new Body.Octets(body));
    }

    static Reply ok(String contentType, Body body) {
        return new Reply(200, contentType, "", body);
    }

    /** One line for a person to read. */
    static Reply problem(int status, String line) {
        return new Reply(
                        status,
                        "text/plain;charset=utf-8",
                        "",
                        new Body.Octets((line + "\n").getBytes(StandardCharsets.UTF_8)))
                .with("Cache-Control", "no-store");
    }

    static Reply notAllowed(String methods) {
        return problem(405, "only " + methods).with("Allow", methods);
    }

    static Reply notFound() {
        return problem(404, "here are /ocsp, /crl/AUTHORITY.crl and /ca/AUTHORITY.crt");
    }

    Reply with(String header, String value) {
        return new Reply(status, contentType, headers + header + ": " + value + "\r\n", body);
    }

    /** The same without its body: what the client has is still right. */
    Reply notModified() {
        close();
        return new Reply(304, null, headers, Body.NONE);
    }

    /** Lets go of what it would have been read from. */
    void close() {
        if (body instanceof Body.Region region) {
            try {
                region.file().close();
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
