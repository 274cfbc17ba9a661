package dev.certfleet.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.installation.Settings;
import dev.certfleet.server.ledger.CertificateRecord;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP as it comes over the wire: octets are written by hand, and so are those that no good client would write. */
class HttpConversationTest {
    private static final Installation INSTALLATION = Installation.shared();
    private static final Authority AUTHORITY = INSTALLATION.authority(AuthorityKind.KUBERNETES);
    private static final CertificateRecord CERTIFICATE = INSTALLATION.issue();
    private static final String GET = "GET /ocsp/"
            + new Ocsp().about(AUTHORITY.certificate(), CERTIFICATE.serial()).base64() + " HTTP/1.1\r\nHost: a\r\n\r\n";

    /** A listener of little patience. */
    private static StatusServer hasty = new StatusServer(
            new Settings(
                    Path.of("data"),
                    null,
                    null,
                    List.of(),
                    "http://localhost",
                    "127.0.0.1:0",
                    "127.0.0.1:0",
                    "127.0.0.1:0",
                    new Settings.Ocsp(Duration.ofMinutes(10)),
                    new Settings.Enrolment(Duration.ZERO),
                    Map.of()),
            INSTALLATION.bean(StatusHandler.class),
            INSTALLATION.clock,
            new StatusServer.Patience(Duration.ofMillis(300), Duration.ofMillis(1200)));

    @BeforeAll
    static void start() {
        hasty.start();
    }

    @AfterAll
    static void stop() {
        hasty.stop();
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Everything until the server closes. */
    private static String rest(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** One response: its head; the body is passed over. */
    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            int octet = in.read();
            if (octet < 0) {
                throw new AssertionError("closed after: " + head);
            }
            head.append((char) octet);
        }
        String length = head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1");
        in.readNBytes(Integer.parseInt(length));
        return head.toString();
    }

    @Test
    void pipelinedRequestsAreAnsweredInTheirOrder() throws IOException {
        String certificate = "GET /ca/" + AUTHORITY.name() + ".crt HTTP/1.1\r\nHost: a\r\n\r\n";
        String nowhere = "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n";
        List<String> types = new ArrayList<>();
        try (Socket socket = connect(INSTALLATION.port())) {
            send(socket, GET + certificate + GET + nowhere + GET + certificate + certificate + GET);
            for (int i = 0; i < 8; i++) {
                types.add(head(socket.getInputStream()).replaceAll("(?s).*Content-Type: ([^\r;]+).*", "$1"));
            }
        }
        assertThat(types)
                .containsExactly(
                        "application/ocsp-response",
                        "application/pkix-cert",
                        "application/ocsp-response",
                        "text/plain",
                        "application/ocsp-response",
                        "application/pkix-cert",
                        "application/pkix-cert",
                        "application/ocsp-response");
    }

    @Test
    void requestInPiecesIsAnsweredWhenItIsThere() throws IOException, InterruptedException {
        try (Socket socket = connect(INSTALLATION.port())) {
            for (String piece : List.of(GET.substring(0, 10), GET.substring(10, 60), GET.substring(60))) {
                send(socket, piece);
                Thread.sleep(50);
            }
            assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 200 OK");
        }
    }

    @Test
    void http10ClosesUnlessItAsksOtherwise() throws IOException {
        String get = GET.replace("HTTP/1.1\r\nHost: a\r\n", "HTTP/1.0\r\n");
        try (Socket socket = connect(INSTALLATION.port())) {
            send(socket, get);
            assertThat(rest(socket)).startsWith("HTTP/1.1 200 OK").contains("Connection: close\r\n");
        }
        try (Socket socket = connect(INSTALLATION.port())) {
            String kept = get.replace("\r\n\r\n", "\r\nConnection: keep-alive\r\n\r\n");
            send(socket, kept);
            assertThat(head(socket.getInputStream())).contains("Connection: keep-alive\r\n");
            send(socket, kept);
            assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 200 OK");
        }
    }

    @Test
    void clientThatAsksFirstIsToldToGoOn() throws IOException {
        byte[] request =
                new Ocsp().about(AUTHORITY.certificate(), CERTIFICATE.serial()).encoded();
        String post =
                "POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nExpect: 100-continue\r\n"
                        + "Content-Length: " + request.length + "\r\n\r\n";
        try (Socket socket = connect(INSTALLATION.port())) {
            send(socket, post);
            assertThat(new String(socket.getInputStream().readNBytes(25), StandardCharsets.ISO_8859_1))
                    .isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            socket.getOutputStream().write(request);
            assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 200 OK");
        }
        try (Socket socket = connect(INSTALLATION.port())) {
            send(socket, post.replace("ocsp-request", "json"));
            assertThat(rest(socket)).startsWith("HTTP/1.1 415");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /ocsp HTTP/1.1\r\n\r\n",
                "GET /ocsp HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
                "POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
                "GET /ocsp HTTP/1.1\r\nHost : a\r\n\r\n"
            })
    void requestThatCanBeReadInTwoWaysIsRefusedAndTheConnectionClosed(String request) throws IOException {
        try (Socket socket = connect(INSTALLATION.port())) {
            send(socket, request);
            assertThat(rest(socket)).startsWith("HTTP/1.1 400").contains("Connection: close");
        }
    }

    @Test
    void headersBeyondTheirBoundAreRefused() throws IOException {
        try (Socket socket = connect(INSTALLATION.port())) {
            send(socket, "GET /ocsp HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(9000) + "\r\n\r\n");
            assertThat(rest(socket)).startsWith("HTTP/1.1 431");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /ocsp HTTP/1.1\r\nHos",
                "POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nContent-Length: 9\r\n\r\nabc"
            })
    void requestThatDoesNotComeToItsEndTimesOut(String beginning) throws IOException {
        try (Socket socket = connect(hasty.port())) {
            send(socket, beginning);
            assertThat(rest(socket)).startsWith("HTTP/1.1 408");
        }
    }

    @Test
    void idleConnectionIsClosedWithoutAWord() throws IOException {
        try (Socket socket = connect(hasty.port())) {
            send(socket, GET);
            head(socket.getInputStream());
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void clientThatTakesNoAnswersIsReadNoFurther() throws IOException, InterruptedException {
        try (Socket socket = connect(hasty.port())) {
            Thread writer = Thread.startVirtualThread(() -> {
                try {
                    for (int i = 0; i < 1_000_000; i++) {
                        send(socket, GET);
                    }
                } catch (IOException e) {
                    // the server had enough
                }
            });
            writer.join(Duration.ofSeconds(20));
            assertThat(writer.isAlive()).isFalse();
        }
    }
}
