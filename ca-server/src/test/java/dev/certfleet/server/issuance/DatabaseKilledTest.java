package dev.certfleet.server.issuance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The database is killed under a stream of issuances: nobody ever holds a certificate that is not on record. */
class DatabaseKilledTest {
    private static final int CLIENTS = 4;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path data;

    @Test
    void everyAnsweredCertificateIsOnRecordAndARetryGetsOne() throws Exception {
        Map<String, String> answered = new ConcurrentHashMap<>();
        Map<String, TestIdentity.Request> failed = new ConcurrentHashMap<>();
        String cluster;
        TestServer server = TestServer.start(data, List.of());
        try {
            cluster = server.newCluster();
            issueUntilTheDatabaseIsKilled(server, cluster, answered, failed);
        } finally {
            server.stop();
        }
        assertThat(answered).isNotEmpty();
        assertThat(failed).isNotEmpty();

        TestServer again = TestServer.start(data, List.of());
        try {
            TestClient admin = again.admin();
            for (String id : answered.values()) {
                admin.get("/certificates/" + id).expect(200);
            }
            JdbcClient database = again.bean(JdbcClient.class);
            Set<String> issued = new HashSet<>(database.sql("SELECT encode(fingerprint, 'hex') FROM certificate"
                            + " WHERE state = 'issued' AND profile = 'kubernetes-admin'")
                    .query(String.class)
                    .list());
            assertThat(issued).containsAll(answered.values());
            assertThat(database.sql("SELECT count(*) FROM certificate c WHERE state = 'issued'"
                                    + " AND NOT EXISTS (SELECT 1 FROM audit_event e WHERE e.type = 'certificate-issued'"
                                    + " AND e.detail->>'serial' = encode(c.serial, 'hex'))")
                            .query(Long.class)
                            .single())
                    .as("issued certificates without their audit event")
                    .isZero();
            retriesGetOneCertificateEach(admin, cluster, failed);
        } finally {
            again.stop();
        }
    }

    private void issueUntilTheDatabaseIsKilled(
            TestServer server, String cluster, Map<String, String> answered, Map<String, TestIdentity.Request> failed)
            throws Exception {
        AtomicBoolean killed = new AtomicBoolean();
        List<Throwable> wrong = new CopyOnWriteArrayList<>();
        List<Thread> clients = new ArrayList<>();
        for (int c = 0; c < CLIENTS; c++) {
            String name = "client-" + c;
            TestClient admin = server.admin();
            clients.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0;
                            !killed.get() || failed.keySet().stream().noneMatch(key -> key.startsWith(name));
                            i++) {
                        String key = name + "-" + i;
                        TestIdentity.Request request = TestIdentity.request();
                        TestClient.Answer answer = issue(admin, cluster, key, request);
                        if (answer.status() == 201) {
                            answered.put(key, answer.json().get("id").asString());
                        } else {
                            answer.expectProblem(503, "database-unavailable");
                            failed.put(key, request);
                        }
                    }
                } catch (RuntimeException | AssertionError e) {
                    wrong.add(e);
                }
            }));
        }
        while (answered.size() < 20 && wrong.isEmpty()) {
            Thread.sleep(20);
        }
        long postmaster = Long.parseLong(
                Files.readAllLines(data.resolve("postgres/postmaster.pid")).getFirst());
        ProcessHandle.of(postmaster).orElseThrow().destroyForcibly();
        killed.set(true);
        for (Thread client : clients) {
            client.join(60_000);
        }
        assertThat(wrong).isEmpty();
    }

    private static void retriesGetOneCertificateEach(
            TestClient admin, String cluster, Map<String, TestIdentity.Request> failed) {
        failed.forEach((key, request) -> {
            TestClient.Answer answer = issue(admin, cluster, key, request);
            if (answer.status() == 409) {
                answer.expectProblem(409, "request-in-progress");
                return;
            }
            String id = answer.expect(201).get("id").asString();
            String once =
                    issue(admin, cluster, key, request).expect(201).get("id").asString();
            assertThat(once).isEqualTo(id);
        });
    }

    private static TestClient.Answer issue(TestClient admin, String cluster, String key, TestIdentity.Request request) {
        return admin.post(
                "/clusters/" + cluster + "/certificates",
                TestClient.certificateRequest("kubernetes-admin", null, request),
                "Idempotency-Key",
                key);
    }
}
