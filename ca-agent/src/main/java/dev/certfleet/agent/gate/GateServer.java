package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The gate's door: HTTPS on loopback. {@code POST /authorize} answers kube-apiserver's SubjectAccessReviews, {@code GET
 * /metrics} and {@code GET /healthz} are for the node's own monitoring. There is nothing secret in any of them, but an answer
 * tells whether a certificate is revoked, so no other machine gets to ask.
 */
public final class GateServer implements AutoCloseable {
    /** Of a request's body. kube-apiserver's are around a kilobyte; a user of very many groups has tens of them. */
    static final int MAX_BODY = 256 << 10;

    private static final int BACKLOG = 256;

    /*
     * Read once by the JDK's server, when its first instance is made. kube-apiserver keeps idle connections for 90 s: the end that
     * closes first must not be this one, or a request could cross with the closing. Without TCP_NODELAY an answer waits up to 40 ms
     * for an acknowledgement.
     */
    private static final Map<String, String> HTTP_SERVER = Map.of(
            "sun.net.httpserver.nodelay", "true",
            "sun.net.httpserver.idleInterval", "120",
            "sun.net.httpserver.timerMillis", "5000",
            "sun.net.httpserver.maxReqTime", "30",
            "sun.net.httpserver.maxRspTime", "30");

    private final HttpsServer http;
    private final ExecutorService executor;

    private GateServer(HttpsServer http, ExecutorService executor) {
        this.http = http;
        this.executor = executor;
    }

    /**
     * Opens the door.
     *
     * @throws IOException where the address is taken, with the address in the message
     * @throws IllegalArgumentException where the address is not a loopback address
     */
    public static GateServer start(GateSettings settings, Gate gate, ServingCertificate serving, SecureRandom random)
            throws IOException {
        InetAddress address = InetAddress.ofLiteral(settings.address());
        if (!address.isLoopbackAddress()) {
            throw new IllegalArgumentException("gate.address has to be a loopback address, not " + settings.address());
        }
        prepareHttpServer();
        HttpsServer http;
        try {
            http = HttpsServer.create(new InetSocketAddress(address, settings.port()), BACKLOG);
        } catch (IOException e) {
            throw new IOException(
                    "the gate cannot listen on " + settings.address() + ":" + settings.port() + ": " + e.getMessage(),
                    e);
        }
        http.setHttpsConfigurator(new HttpsConfigurator(serving.context(random)));
        http.createContext("/", exchange -> reply(exchange, 404, "there is nothing here"));
        http.createContext("/authorize", only("POST", "/authorize", exchange -> authorize(gate, exchange)));
        http.createContext("/metrics", only("GET", "/metrics", exchange -> metrics(gate, exchange)));
        http.createContext(
                "/healthz",
                only(
                        "GET",
                        "/healthz",
                        exchange -> reply(exchange, 200, gate.state().summary())));
        ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        http.setExecutor(executor);
        gate.servingUntil(serving::end);
        http.start();
        return new GateServer(http, executor);
    }

    /** Says what the JDK's server reads only once; whoever makes another instance first has to call it before. */
    public static void prepareHttpServer() {
        HTTP_SERVER.forEach((name, value) -> {
            if (System.getProperty(name) == null) {
                System.setProperty(name, value);
            }
        });
    }

    /** The port, where the settings left the choice to the system. */
    public int port() {
        return http.getAddress().getPort();
    }

    private static HttpHandler only(String method, String path, HttpHandler handler) {
        return exchange -> {
            try (exchange) {
                if (!exchange.getRequestURI().getPath().equals(path)) {
                    reply(exchange, 404, "there is nothing here");
                } else if (!exchange.getRequestMethod().equals(method)) {
                    exchange.getResponseHeaders().set("Allow", method);
                    reply(exchange, 405, "only " + method);
                } else {
                    handler.handle(exchange);
                }
            }
        };
    }

    /** kube-apiserver repeats a request that was answered with 429 or 5xx, so that nothing here is. */
    private static void authorize(Gate gate, HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
        if (body.length > MAX_BODY) {
            reply(exchange, 413, "a body of more than " + MAX_BODY + " bytes");
            return;
        }
        AccessReview review;
        try {
            review = AccessReview.read(body);
        } catch (IllegalArgumentException e) {
            reply(exchange, 400, String.valueOf(e.getMessage()));
            return;
        }
        Decision decision = gate.decide(review.credentialIds(), review.user());
        reply(exchange, 200, "application/json", AccessReview.answer(decision));
    }

    private static void metrics(Gate gate, HttpExchange exchange) throws IOException {
        reply(
                exchange,
                200,
                "text/plain; version=0.0.4; charset=utf-8",
                gate.prometheus().getBytes(UTF_8));
    }

    private static void reply(HttpExchange exchange, int status, String text) throws IOException {
        reply(exchange, status, "text/plain; charset=utf-8", (text + "\n").getBytes(UTF_8));
    }

    private static void reply(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    /** Closes the door at once. */
    @Override
    public void close() {
        http.stop(0);
        executor.shutdownNow();
    }
}
