package dev.certfleet.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Speaks to a server's REST API over TLS, with or without a client certificate. */
public final class TestClient {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final char[] PASSWORD = "test".toCharArray();

    private final TestServer server;
    private final HttpClient http;

    TestClient(TestServer server, @Nullable TestIdentity identity) {
        this.server = server;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(context(server, identity))
                .build();
    }

    private static SSLContext context(TestServer server, @Nullable TestIdentity identity) {
        try (InputStream ca = Files.newInputStream(server.data().resolve("installation-ca.crt"))) {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(ca));
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(identity), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KeyManager[] keys(@Nullable TestIdentity identity) throws GeneralSecurityException, IOException {
        if (identity == null) {
            return new KeyManager[0];
        }
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        own.setKeyEntry("own", identity.key(), PASSWORD, new Certificate[] {identity.certificate()});
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(own, PASSWORD);
        return factory.getKeyManagers();
    }

    /** What was answered. */
    public record Answer(HttpResponse<String> response) {
        public int status() {
            return response.statusCode();
        }

        public String text() {
            return response.body();
        }

        public JsonNode json() {
            return JSON.readTree(response.body());
        }

        public String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        /** The body, where the status is this one. */
        public JsonNode expect(int status) {
            assertThat(status()).as(text()).isEqualTo(status);
            return text().isEmpty() ? JSON.nullNode() : json();
        }

        /** The problem, where it is of this type and says so in every way. */
        public JsonNode expectProblem(int status, String type) {
            JsonNode problem = expect(status);
            assertThat(header("Content-Type")).isEqualTo("application/problem+json");
            assertThat(problem.get("type").asString()).isEqualTo("urn:certfleet:problem:" + type);
            assertThat(problem.get("status").asInt()).isEqualTo(status);
            assertThat(problem.get("title").asString()).isNotBlank();
            assertThat(text())
                    .doesNotContain("Exception", "dev.certfleet", "org.springframework", "SELECT ", "INSERT ");
            return problem;
        }

        /** Where this rule is broken and no other. */
        public void expectViolation(String rule) {
            assertThat(expectProblem(422, "request-refused").get("violations"))
                    .as(text())
                    .extracting(violation -> violation.get("rule").asString())
                    .containsExactly(rule);
        }
    }

    public Answer get(String path, String... headers) {
        return send(request(path, headers).GET());
    }

    public Answer delete(String path, String... headers) {
        return send(request(path, headers).DELETE());
    }

    /** Posts JSON. */
    public Answer post(String path, String body, String... headers) {
        return send(request(path, headers)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Patches with JSON. */
    public Answer patch(String path, String body) {
        return send(request(path, "Content-Type", "application/json")
                .method("PATCH", HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Posts what claims to be JSON. */
    public Answer post(String path, byte[] body) {
        return send(
                request(path, "Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    /** Posts nothing. */
    public Answer post(String path) {
        return send(request(path).POST(HttpRequest.BodyPublishers.noBody()));
    }

    public CompletableFuture<Answer> getLater(String path) {
        return http.sendAsync(request(path).GET().build(), BodyHandlers.ofString())
                .thenApply(Answer::new);
    }

    public HttpRequest.Builder request(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.api() + "/api/v1" + path))
                .timeout(Duration.ofSeconds(90));
        return headers.length == 0 ? request : request.headers(headers);
    }

    public Answer send(HttpRequest.Builder request) {
        try {
            return new Answer(http.send(request.build(), BodyHandlers.ofString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A JSON text. */
    public static String quoted(String text) {
        return JSON.writeValueAsString(text);
    }

    /** The body of a request for a certificate. */
    public static String certificateRequest(String profile, @Nullable String node, TestIdentity.Request request) {
        return "{\"profile\": \"" + profile + "\"" + (node == null ? "" : ", \"node\": \"" + node + "\"")
                + ", \"csr\": " + quoted(request.pem()) + "}";
    }
}
