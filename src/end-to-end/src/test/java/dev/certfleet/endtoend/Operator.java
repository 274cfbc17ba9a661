package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An operator at the REST API, with a client certificate. */
final class Operator {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final URI server;
    private final ClientIdentity identity;
    private final HttpClient client;

    Operator(URI server, ClientIdentity identity) {
        this(server, identity, PastClock.NONE);
    }

    /** @param clock the server's */
    Operator(URI server, ClientIdentity identity, PastClock clock) {
        this.server = server;
        this.identity = identity;
        this.client = HttpClient.newBuilder()
                .sslContext(identity.freshContext(clock.behind().isZero() ? null : clock.now()))
                .connectTimeout(Duration.ofSeconds(10))
                .build();
    }

    /** The same operator at another server of the same installation. */
    Operator at(CertfleetServer other) {
        return new Operator(other.url(), identity);
    }

    /** With the credential and the trusted authorities as they are on disk now. */
    Operator anew() {
        return new Operator(server, identity);
    }

    /** An answer, whatever its status. */
    record Answer(int status, JsonNode body) {
        JsonNode expect(int wanted) {
            if (status != wanted) {
                throw new AssertionError("expected " + wanted + ", got " + status + ": " + body);
            }
            return body;
        }
    }

    Answer get(String path) {
        return send(request(path).GET());
    }

    Answer post(String path, Map<String, ?> body) {
        return send(request(path)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body))));
    }

    Answer patch(String path, Map<String, ?> body) {
        return send(request(path)
                .header("Content-Type", "application/json")
                .method("PATCH", HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body))));
    }

    /**
     * Makes a cluster.
     *
     * @param first its control-plane node, the API server of which is its endpoint
     * @param further more fields of the request
     */
    void makeCluster(String name, NetworkNamespace first, CertfleetServer server, Map<String, ?> further) {
        Map<String, Object> body = new HashMap<>(further);
        body.put("name", name);
        body.put("controlPlaneEndpoint", first.address() + ":" + KubeApiserver.PORT);
        body.put("statusUrl", server.statusUrl().toString());
        post("/clusters", body).expect(201);
    }

    /** An enrolment token for one node. */
    String token(String cluster, NetworkNamespace node, String... roles) {
        return post(
                        "/clusters/" + cluster + "/enrolment-tokens",
                        Map.of("nodeNamePattern", node.name(), "roles", List.of(roles), "expiresIn", "PT10M"))
                .expect(201)
                .path("token")
                .asString();
    }

    /** Revokes by fingerprint; the answer's time is when the server had committed it. */
    JsonNode revoke(String fingerprint, String reason) {
        return post("/revocations", Map.of("certificate", fingerprint, "reason", reason))
                .expect(201);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(server.resolve("/api/v1" + path)).timeout(Duration.ofSeconds(30));
    }

    private Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(
                    response.statusCode(), JSON.readTree(response.body().isBlank() ? "null" : response.body()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
