package dev.certfleet.pki.ocsp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.PrivateKeys;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.ocsp.OcspException.Problem;
import dev.certfleet.pki.testing.TestAuthority;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OcspClientTest {
    private static final BigInteger SERIAL = BigInteger.valueOf(0xabcdef);

    private final Instant now = Instant.now();
    private final TestAuthority authority = TestAuthority.create("issuer", KeyAlgorithm.P256, now);
    private final OcspClient client = new OcspClient(
            new OcspVerifier(Clock.systemUTC(), OcspVerifier.DEFAULT_TOLERANCE),
            new SecureRandom(),
            Duration.ofSeconds(2));
    private final HttpServer server = start();

    private static HttpServer start() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor());
            server.start();
            return server;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/ocsp");
    }

    private Problem problem() {
        return catchThrowableOfType(OcspException.class, () -> client.ask(uri(), authority.certificate(), SERIAL))
                .problem();
    }

    private static void reply(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Test
    void asksOpensslsResponder(@TempDir Path folder) throws Exception {
        TestAuthority.Leaf good = authority.client("CN=good", now);
        TestAuthority.Leaf revoked = authority.client("CN=revoked", now);
        try (OpensslResponder responder = new OpensslResponder(folder, authority, good, revoked, now)) {
            URI uri = responder.uri();

            var statuses = client.ask(
                    uri,
                    authority.certificate(),
                    List.of(
                            good.certificate().getSerialNumber(),
                            revoked.certificate().getSerialNumber(),
                            BigInteger.TWO));

            assertThat(statuses.get(good.certificate().getSerialNumber())).isInstanceOf(CertificateStatus.Good.class);
            assertThat(statuses.get(revoked.certificate().getSerialNumber()))
                    .isInstanceOfSatisfying(
                            CertificateStatus.Revoked.class,
                            status -> assertThat(status.reason()).isEqualTo(RevocationReason.KEY_COMPROMISE));
            assertThat(statuses.get(BigInteger.TWO)).isInstanceOf(CertificateStatus.Unknown.class);
        }
    }

    @Test
    void sendsWhatRfc6960Asks() throws Exception {
        server.createContext("/ocsp", exchange -> {
            byte[] request = exchange.getRequestBody().readAllBytes();
            boolean right = exchange.getRequestMethod().equals("POST")
                    && "application/ocsp-request"
                            .equals(exchange.getRequestHeaders().getFirst("Content-Type"));
            reply(exchange, right ? 200 : 400, authority.answer(now).to(request, serial -> null));
        });

        assertThat(client.ask(uri(), authority.certificate(), SERIAL)).isInstanceOf(CertificateStatus.Good.class);
    }

    @Test
    void refusesAnAnswerThatIsTooLarge() {
        server.createContext("/ocsp", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(new byte[OcspResponse.MAX_SIZE + 1]);
            exchange.close();
        });

        assertThat(problem()).isEqualTo(Problem.TOO_LARGE);
    }

    @Test
    void refusesAnHttpErrorAndSomethingElseThanOcsp() {
        server.createContext("/ocsp", exchange -> reply(exchange, 503, new byte[0]));
        assertThat(problem()).isEqualTo(Problem.UNREACHABLE);

        server.removeContext("/ocsp");
        server.createContext(
                "/ocsp", exchange -> reply(exchange, 200, "<html>".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertThat(problem()).isEqualTo(Problem.MALFORMED);
    }

    @Test
    void givesUpOnAnAnswerThatTrickles() {
        server.createContext("/ocsp", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try {
                for (int i = 0; i < 100; i++) {
                    exchange.getResponseBody().write(0x30);
                    exchange.getResponseBody().flush();
                    Thread.sleep(100);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                exchange.close();
            }
        });

        long began = System.nanoTime();
        assertThat(problem()).isEqualTo(Problem.UNREACHABLE);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
    }

    @Test
    void asksNothingButPlainHttp() {
        for (String url :
                List.of("file:///etc/hosts", "https://127.0.0.1:1/ocsp", "ftp://127.0.0.1/ocsp", "http:/ocsp")) {
            OcspException refused = catchThrowableOfType(
                    OcspException.class, () -> client.ask(URI.create(url), authority.certificate(), SERIAL));

            assertThat(refused).hasMessageContaining("not a URL of plain HTTP");
        }
    }

    @Test
    void saysThatNobodyIsThere() {
        server.stop(0);

        assertThat(problem()).isEqualTo(Problem.UNREACHABLE);
    }

    /** {@code openssl ocsp} with an index of one good and one revoked certificate. */
    private static final class OpensslResponder implements AutoCloseable {
        private final int port;
        private final Process process;

        OpensslResponder(
                Path folder, TestAuthority authority, TestAuthority.Leaf good, TestAuthority.Leaf revoked, Instant now)
                throws Exception {
            TestAuthority.Leaf signer = authority.responder("CN=ocsp", now);
            Path ca = Files.writeString(folder.resolve("ca.crt"), authority.pem());
            Path certificate =
                    Files.writeString(folder.resolve("ocsp.crt"), Certificates.pem(List.of(signer.certificate())));
            Path key = Files.writeString(folder.resolve("ocsp.key"), PrivateKeys.encode(signer.key()));
            Path index = Files.writeString(
                    folder.resolve("index.txt"),
                    "V\t360101000000Z\t\t" + serial(good) + "\tunknown\t/CN=good\n"
                            + "R\t360101000000Z\t260101000000Z,keyCompromise\t" + serial(revoked)
                            + "\tunknown\t/CN=revoked\n");
            try (ServerSocket free = new ServerSocket(0)) {
                port = free.getLocalPort();
            }
            process = new ProcessBuilder(
                            "openssl",
                            "ocsp",
                            "-port",
                            Integer.toString(port),
                            "-index",
                            index.toString(),
                            "-CA",
                            ca.toString(),
                            "-rsigner",
                            certificate.toString(),
                            "-rkey",
                            key.toString(),
                            "-nmin",
                            "5")
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            for (int i = 0; i < 100 && !Files.readString(folder.resolve("log")).contains("waiting"); i++) {
                Thread.sleep(50);
            }
        }

        private static String serial(TestAuthority.Leaf leaf) {
            return Certificates.serial(leaf.certificate()).toUpperCase(Locale.ROOT);
        }

        URI uri() {
            return URI.create("http://127.0.0.1:" + port + "/");
        }

        @Override
        public void close() {
            process.destroy();
        }
    }
}
