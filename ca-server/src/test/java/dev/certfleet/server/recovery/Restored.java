package dev.certfleet.server.recovery;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.ocsp.CertificateStatus;
import dev.certfleet.pki.ocsp.OcspClient;
import dev.certfleet.pki.ocsp.OcspException;
import dev.certfleet.pki.ocsp.OcspVerifier;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestDatabase;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.status.StatusServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * An installation and a backup of its database: after the backup one certificate was revoked that the backup has, and another
 * was issued and revoked that it has not.
 */
final class Restored {
    final Path data;
    final TestDatabase backup;
    final TestIdentity operator;
    final TestIdentity node;
    /** Revoked after the backup. */
    final TestIdentity dismissed;

    final String cluster;
    final String other;
    final Issued good;
    final Issued revoked;
    final Issued issuedAfter;
    /** Of the feed, as it was last answered. */
    final String mark;

    final String markOfOther;
    final String epoch;
    final long sequence;
    final String revocation;

    /** @param id its fingerprint */
    record Issued(String id, X509Certificate certificate) {}

    Restored(Path folder) {
        data = folder.resolve("data");
        TestDatabase database = TestDatabase.create();
        TestServer server = start(data, database);
        cluster = server.newCluster();
        other = server.newCluster();
        operator = TestIdentity.read(data.resolve("operator-admin.pem"));
        node = server.newNode(cluster, "cp-1", "[\"control-plane\"]");
        server.as(node).get("/agent/assignment").expect(200);
        dismissed = server.newOperator(cluster, "admin");
        good = issue(server);
        revoked = issue(server);
        server.stop();
        backup = database.copy();

        server = start(data, database);
        issuedAfter = issue(server);
        revocation = revoke(server, revoked);
        revoke(server, issuedAfter);
        admin(server)
                .post(
                        "/revocations",
                        "{\"certificate\": \"" + dismissed.id() + "\", \"reason\": \"privilegeWithdrawn\"}")
                .expect(201);
        TestClient.Answer feed = admin(server).get("/clusters/" + cluster + "/feed?limit=1000");
        mark = feed.header("Certfleet-Mark");
        epoch = feed.expect(200).get("epoch").asString();
        sequence = feed.json().get("sequence").asLong();
        markOfOther = admin(server).get("/clusters/" + other + "/feed").header("Certfleet-Mark");
        server.stop();
        database.close();
    }

    static TestServer start(Path data, TestDatabase database) {
        return TestServer.start(
                data,
                List.of(
                        "--certfleet.database.url=" + database.url(),
                        "--certfleet.database.username=" + database.username()));
    }

    /** A copy of the data folder, journal included. */
    Path copyOfData(String name) throws IOException {
        return copy(data, name);
    }

    /** A copy of a data folder, journal included, beside it. */
    static Path copy(Path data, String name) throws IOException {
        Path to = data.resolveSibling(name);
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(data.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        return to;
    }

    /** The data folder of a server that knows the sealing key and nothing else. */
    Path newData(String name) throws IOException {
        return withSealingKey(data, name);
    }

    /** A data folder beside another, with its sealing key and nothing else. */
    static Path withSealingKey(Path data, String name) throws IOException {
        Path to = Files.createDirectory(data.resolveSibling(name));
        Path key = Files.copy(data.resolve("sealing.key"), to.resolve("sealing.key"));
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        return to;
    }

    TestClient admin(TestServer server) {
        return server.as(operator);
    }

    TestClient.Answer askForCertificate(TestServer server) {
        return admin(server)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()));
    }

    Issued issue(TestServer server) {
        TestIdentity.Request request = TestIdentity.request();
        var issued = admin(server)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, request))
                .expect(201);
        return new Issued(
                issued.get("id").asString(),
                TestIdentity.certificate(issued.get("certificate").asString()));
    }

    String revoke(TestServer server, Issued issued) {
        return admin(server)
                .post("/revocations", "{\"certificate\": \"" + issued.id() + "\", \"reason\": \"keyCompromise\"}")
                .expect(201)
                .get("id")
                .asString();
    }

    /** {@code good}, {@code revoked}, or the OCSP error. */
    String ocsp(TestServer server, Issued issued) throws Exception {
        String status = "http://localhost:" + server.bean(StatusServer.class).port();
        Clock clock = server.bean(Clock.class);
        try (HttpClient http = HttpClient.newHttpClient()) {
            byte[] issuer = http.send(
                            HttpRequest.newBuilder(URI.create(status + "/ca/" + cluster + "-kubernetes-1.crt"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofByteArray())
                    .body();
            BigInteger serial = issued.certificate().getSerialNumber();
            CertificateStatus answer = new OcspClient(
                            new OcspVerifier(clock, Duration.ofMinutes(5)),
                            server.bean(SecureRandom.class),
                            Duration.ofSeconds(10))
                    .ask(URI.create(status + "/ocsp"), Certificates.parse(issuer), serial);
            return answer instanceof CertificateStatus.Revoked
                    ? "revoked"
                    : answer instanceof CertificateStatus.Good ? "good" : "unknown";
        } catch (OcspException e) {
            return e.problem().toString();
        }
    }

    /** The management listener's answer. */
    static String health(TestServer server) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://localhost:"
                                            + server.setting("local.management.port") + "/actuator/health"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }
}
