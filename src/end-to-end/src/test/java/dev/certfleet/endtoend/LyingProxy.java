package dev.certfleet.endtoend;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Whoever is between a node and the server's plain HTTP: passes everything on, or answers something else for the CRLs. */
final class LyingProxy implements AutoCloseable {
    private final HttpServer server;
    private final String address;
    private final HttpClient http = HttpClient.newHttpClient();
    private final AtomicInteger lies = new AtomicInteger();
    private volatile @Nullable URI target;
    private volatile byte @Nullable [] lie;

    private LyingProxy(HttpServer server, String address) {
        this.server = server;
        this.address = address;
    }

    static LyingProxy start(String address) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(address, 0), 0);
            LyingProxy proxy = new LyingProxy(server, address);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", proxy::serve);
            server.start();
            return proxy;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    URI url() {
        return URI.create("http://" + address + ":" + server.getAddress().getPort());
    }

    void passTo(URI statusUrl) {
        target = statusUrl;
    }

    /** Answers this for each CRL from now on; null for the truth. */
    void tell(byte @Nullable [] file) {
        lies.set(0);
        lie = file;
    }

    /** How often the present lie was told. */
    int told() {
        return lies.get();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String path = exchange.getRequestURI().getRawPath();
            byte[] wrong = lie;
            if (wrong != null && path.startsWith("/crl/")) {
                lies.incrementAndGet();
                exchange.sendResponseHeaders(200, wrong.length == 0 ? -1 : wrong.length);
                exchange.getResponseBody().write(wrong);
                return;
            }
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            java.util.Objects.requireNonNull(target).resolve(path))
                    .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
            for (String header : new String[] {"Content-Type", "If-None-Match"}) {
                String value = exchange.getRequestHeaders().getFirst(header);
                if (value != null) {
                    request.header(header, value);
                }
            }
            HttpResponse<byte[]> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            for (String header : new String[] {"Content-Type", "ETag"}) {
                answer.headers()
                        .firstValue(header)
                        .ifPresent(value -> exchange.getResponseHeaders().set(header, value));
            }
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
            exchange.getResponseBody().write(answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        http.close();
    }
}
