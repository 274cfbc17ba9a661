package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.schedule.Repeating;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The installation's own authority: whoever trusts only an earlier one follows, until its key is taken for stolen. */
class InstallationRotationTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private @Nullable Rotating running;

    @AfterEach
    void stop() {
        Rotating left = running;
        if (left != null) {
            left.server().stop();
        }
    }

    @Test
    void followsFromGenerationToGenerationOverRestartsUntilAKeyIsStolen() throws Exception {
        Path data = folder.resolve("data");
        Rotating rotating = Rotating.start(data);
        running = rotating;
        String cluster = rotating.server().newCluster();
        ReportingNode node = new ReportingNode(rotating.server(), cluster, "worker-1", "[\"worker\"]");
        X509Certificate first = trusted(data);
        String operator = Files.readString(data.resolve("operator-admin.pem"));

        // Trusted by file and bundle, and not shown before every node of every cluster has loaded it
        String id = start(rotating);
        tls(rotating);
        assertThat(Files.readString(data.resolve("installation-ca.crt")).split("BEGIN CERTIFICATE"))
                .hasSize(3);
        assertThat(trusted(data)).isEqualTo(first);
        rotating.turn();
        assertThat(get(rotating, id).get("waitingFor"))
                .extracting(waited -> waited.get("bundle").asString())
                .containsExactly("installation");
        assertThat(shown(rotating, first)).hasSize(2);
        node.report();
        rotating.turn();
        assertThat(get(rotating, id).get("step").asString()).isEqualTo("renewing");

        // A start in the middle finds it where it was
        rotating.server().stop();
        running = null;
        Rotating again = Rotating.start(data);
        running = again;
        tls(again);
        X509Certificate second = trusted(data);
        assertThat(second).isNotEqualTo(first);
        assertThat(shown(again, first)).hasSize(3);
        assertThat(shown(again, second)).isNotEmpty();
        again.turn();
        assertThat(get(again, id).get("step").asString()).isEqualTo("unloading");
        assertThat(get(again, id).get("remaining"))
                .extracting(left -> left.get("profile").asString() + " "
                        + left.get("isWaitedFor").asBoolean())
                .containsExactly("operator false");
        assertThat(again.server()
                        .admin()
                        .get("/authorities/installation-1")
                        .expect(200)
                        .get("state")
                        .asString())
                .isEqualTo("withdrawn");
        report(again, node);
        again.turn();
        assertThat(get(again, id).get("step").asString()).isEqualTo("done");

        // Operators' credentials of the old authority count until they end; who trusts the old one alone follows still
        assertThat(Files.readString(data.resolve("operator-admin.pem"))).isEqualTo(operator);
        again.server().admin().get("/clusters").expect(200);
        tls(again);
        assertThat(shown(again, first)).hasSize(3);

        // Over two generations too
        String next = start(again);
        report(again, node);
        again.turn();
        tls(again);
        again.turn();
        report(again, node);
        again.turn();
        assertThat(get(again, next).get("step").asString()).isEqualTo("done");
        assertThat(shown(again, first)).hasSize(4);
        assertThat(shown(again, second)).isNotEmpty();
        assertThat(shown(again, trusted(data))).isNotEmpty();

        // Not over a stolen key
        X509Certificate third = trusted(data);
        JsonNode done = new Bulk(again.server().admin(), "/emergency-rotations")
                .go("{\"kind\": \"installation\"}")
                .expect(201);
        assertThat(done.get("authoritiesWithdrawn").get(0).asString()).isEqualTo("installation-3");
        tls(again);
        assertThat(trusted(data)).isNotEqualTo(third);
        assertThat(shown(again, trusted(data))).hasSize(2);
        for (X509Certificate stolen : new X509Certificate[] {first, second, third}) {
            assertThatThrownBy(() -> shown(again, stolen)).isInstanceOf(SSLHandshakeException.class);
        }
        again.server().admin().get("/clusters").expect(200);
    }

    private static String start(Rotating rotating) {
        return rotating.server()
                .admin()
                .post("/rotations", "{\"kind\": \"installation\"}")
                .expect(201)
                .get("id")
                .asString();
    }

    private static JsonNode get(Rotating rotating, String id) {
        return rotating.server().admin().get("/rotations/" + id).expect(200);
    }

    private static void tls(Rotating rotating) {
        rotating.server().bean("revokedServerTls", Repeating.class).once();
    }

    private static void report(Rotating rotating, ReportingNode node) {
        node.at(rotating.server()).report();
    }

    /** The one that pins and clients take, the first in the file. */
    private static X509Certificate trusted(Path data) throws Exception {
        return TestIdentity.certificate(Files.readString(data.resolve("installation-ca.crt")));
    }

    /** What a server shows to somebody who trusts this certificate alone, and checks it. */
    private static X509Certificate[] shown(Rotating rotating, X509Certificate trusted) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("ca", trusted);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        URI api = URI.create(rotating.server().api());
        try (HttpClient http = HttpClient.newBuilder().sslContext(context).build()) {
            assertThat(http.send(
                                    HttpRequest.newBuilder(api.resolve("/api/v1/openapi.json"))
                                            .timeout(Duration.ofSeconds(60))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(200);
        }
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(api.getHost(), api.getPort())) {
            socket.startHandshake();
            return (X509Certificate[]) socket.getSession().getPeerCertificates();
        }
    }
}
