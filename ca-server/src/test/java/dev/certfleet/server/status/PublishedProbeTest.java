package dev.certfleet.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.TestDatabase;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.CreateCluster;
import dev.certfleet.server.schedule.Repeating;
import dev.certfleet.server.x509.ClusterFacts;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.actuate.endpoint.HttpCodeStatusMapper;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/** The probe looks at a place that is the server's own, or a forger's. */
class PublishedProbeTest {
    private static final String OTHER = "other";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final TestDatabase database = TestDatabase.create();
    private final Map<String, byte[]> forged = new HashMap<>();

    @SuppressWarnings("NullAway.Init")
    private Installation installation;

    @SuppressWarnings("NullAway.Init")
    private HttpServer place;

    @BeforeEach
    void start() throws Exception {
        installation = Installation.start(database, folder, KeyAlgorithm.P256);
        installation.context.getBeansOfType(Repeating.class).values().forEach(Repeating::stop);
        place = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        place.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            byte[] body = forged.containsKey(path)
                    ? forged.get(path)
                    : installation.get(path).body();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        place.start();
        var _ = installation
                .bean(CreateCluster.class)
                .create(
                        new ClusterFacts(
                                OTHER, "cluster.local", List.of("10.96.0.0/12"), null, List.of(), KeyAlgorithm.P256),
                        "http://localhost:" + place.getAddress().getPort(),
                        2,
                        "test")
                .orElseThrow();
    }

    @AfterEach
    void stop() {
        place.stop(0);
        installation.close();
        database.close();
    }

    private Authority authority() {
        return installation
                .bean(Authorities.class)
                .active(OTHER, AuthorityKind.KUBERNETES)
                .orElseThrow();
    }

    /** Once round: the installation's own authority, and five of each cluster. */
    private Health round() {
        installation.clock.advance(Duration.ofMinutes(1));
        Repeating probe = installation.context.getBean("publishedProbe", Repeating.class);
        for (int i = 0; i < 11; i++) {
            probe.once();
        }
        installation.context.getBean("publishedGauges", Repeating.class).once();
        return Objects.requireNonNull(
                installation.context.getBean("published", HealthIndicator.class).health());
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> urls(Health health) {
        return (Map<String, String>) Objects.requireNonNull(health.getDetails().get("urls"));
    }

    private String told(String end) {
        return String.valueOf(urls(round()).get(authority().urls().base() + end));
    }

    private byte[] real(String path) {
        return installation.get(path).body();
    }

    @Test
    void saysWhatIsFoundWhereAndWhatIsNot() throws Exception {
        Health health = round();

        assertThat(urls(health).get(authority().urls().crl())).startsWith("ok");
        assertThat(urls(health).get(authority().urls().deltaCrl())).startsWith("ok");
        assertThat(urls(health).get(authority().urls().caIssuers())).startsWith("ok");
        assertThat(urls(health).keySet()).anyMatch(url -> url.matches(".*/crl/other-kubernetes-1/[01]\\.crl"));
        assertThat(health.getDetails())
                .as("the installation's own is not there")
                .containsEntry("wrong", 3);
        assertThat(health.getStatus()).isEqualTo(new Status("DEGRADED"));

        String scraped = installation.bean(PrometheusMeterRegistry.class).scrape();
        assertThat(scraped)
                .contains("certfleet_published_wrong{authority=\"installation-1\"} 3.0")
                .contains("certfleet_published_wrong{authority=\"other-kubernetes-1\"} 0.0");
        HealthEndpoint whole = installation.bean(HealthEndpoint.class);
        assertThat(whole.health().getStatus()).isEqualTo(health.getStatus());
        assertThat(installation.bean(HttpCodeStatusMapper.class).getStatusCode(health.getStatus()))
                .isEqualTo(200);
        assertThat(Objects.requireNonNull(whole.healthForPath("readiness")).getStatus())
                .as("load balancers send requests all the same")
                .isEqualTo(Status.UP);
    }

    @Test
    void noticesWhatIsWrong() {
        String name = "/crl/other-kubernetes-1";
        byte[] crl = real(name + ".crl");
        round();

        byte[] spoilt = crl.clone();
        spoilt[spoilt.length - 1] ^= 1;
        forged.put(name + ".crl", spoilt);
        assertThat(told(name + ".crl")).contains("signature");

        forged.put(name + ".crl", real("/crl/prod-kubernetes-1.crl"));
        assertThat(told(name + ".crl")).contains("signature");

        forged.put(name + ".crl", "<html>".getBytes(StandardCharsets.US_ASCII));
        assertThat(told(name + ".crl")).contains("not a CRL");

        forged.put(name + ".crl", java.util.Arrays.copyOf(crl, crl.length - 20));
        assertThat(told(name + ".crl")).contains("ends too early");

        forged.put(name + ".delta.crl", crl);
        assertThat(told(name + ".delta.crl")).contains("not a delta");

        forged.put(name + "/0.crl", real(name + "/1.crl"));
        forged.put(name + "/1.crl", real(name + "/0.crl"));
        assertThat(urls(round()).entrySet())
                .filteredOn(entry -> entry.getKey().contains(name + "/"))
                .singleElement()
                .satisfies(entry -> assertThat(entry.getValue()).contains("issuing distribution point"));

        forged.put("/ca/other-kubernetes-1.crt", real("/ca/prod-kubernetes-1.crt"));
        assertThat(told("/ca/other-kubernetes-1.crt")).contains("not the authority's certificate");

        forged.clear();
        assertThat(told(name + ".crl")).startsWith("ok");
    }

    @Test
    void noticesAnOlderCrlAndOneThatWasNotReplaced() {
        String name = "/crl/prod-kubernetes-1.crl";
        String path = "/crl/other-kubernetes-1.crl";
        byte[] old = real(path);
        round();
        installation.revoke(installation.issue(), RevocationReason.SUPERSEDED);
        installation.clock.advance(Duration.ofHours(12));
        installation.context.getBean("crlPublisher", Repeating.class).once();
        assertThat(told(path)).startsWith("ok");

        forged.put(path, old);
        assertThat(told(path)).contains("its number is");

        forged.clear();
        installation.clock.advance(Duration.ofHours(25));
        assertThat(told(path)).contains("should have been replaced");
        assertThat(urls(round())
                        .get(installation
                                        .authority(AuthorityKind.KUBERNETES)
                                        .urls()
                                        .base()
                                + name))
                .as("not fetched again, and still too old")
                .contains("should have been replaced");
    }
}
