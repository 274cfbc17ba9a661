package dev.certfleet.server.status;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;

/** Writes a response up to its body. */
final class ReplyHead {
    private static volatile Now now = new Now(0, HttpDate.of(0));

    private ReplyHead() {}

    /** Written once a second, and not for each answer. */
    private record Now(long second, String date) {}

    /** What is said of the connection. */
    enum Connection {
        /** HTTP/1.1 goes on by itself. */
        GOES_ON(""),
        /** HTTP/1.0 has to be told. */
        KEPT("Connection: keep-alive\r\n"),
        CLOSES("Connection: close\r\n");

        private final String header;

        Connection(String header) {
            this.header = header;
        }
    }

    static byte[] of(Reply reply, Connection connection, long second) {
        String length =
                reply.status() == 304 ? "" : "Content-Length: " + reply.body().length() + "\r\n";
        String type = reply.contentType() == null ? "" : "Content-Type: " + reply.contentType() + "\r\n";
        String head = statusLine(reply.status())
                + "Date: " + date(second) + "\r\n"
                + type
                + reply.headers()
                + length
                + connection.header
                + "\r\n";
        return head.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String statusLine(int status) {
        return status == 200
                ? "HTTP/1.1 200 OK\r\n"
                : "HTTP/1.1 " + status + " "
                        + HttpResponseStatus.valueOf(status).reasonPhrase() + "\r\n";
    }

    private static String date(long second) {
        Now last = now;
        if (last.second != second) {
            last = new Now(second, HttpDate.of(second));
            now = last;
        }
        return last.date;
    }
}
