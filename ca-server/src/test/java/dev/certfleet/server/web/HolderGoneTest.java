package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** Who was removed or retired is out, even with a certificate that nobody revoked; and comes by no new one. */
class HolderGoneTest {
    private final TestServer server = TestServer.shared();
    private final JdbcClient database = server.bean(JdbcClient.class);
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();

    @Test
    void refusesOperatorWhoWasRemoved() {
        TestIdentity operator = server.newOperator("*", "admin");
        TestClient client = server.as(operator);
        client.get("/clusters").expect(200);
        database.sql("UPDATE operator SET removed_at = now() WHERE name = ?")
                .param(operator.name())
                .update();
        OnRecord before = OnRecord.of(server);

        client.get("/clusters").expectProblem(401, "holder-removed");
        client.post("/operators/" + operator.name() + "/renew", renewal()).expectProblem(401, "holder-removed");

        before.assertUnchanged(server);
    }

    @Test
    void refusesNodeThatWasRetired() {
        TestIdentity node = server.newNode(cluster, "worker-1");
        TestClient agent = server.as(node);
        agent.get("/agent/assignment").expect(200);
        database.sql("UPDATE node SET state = 'retired' WHERE cluster = ?")
                .param(cluster)
                .update();
        OnRecord before = OnRecord.of(server);

        agent.get("/agent/assignment").expectProblem(401, "holder-removed");
        agent.post("/certificates/" + node.id() + "/renew", renewal()).expectProblem(401, "holder-removed");

        before.assertUnchanged(server);
    }

    @Test
    void issuesNothingForANodeThatWasRetired() {
        server.newNode(cluster, "worker-1");
        String id = issue("kubelet-client").expect(201).get("id").asString();
        admin.post("/clusters/" + cluster + "/nodes/worker-1/retire").expect(200);
        OnRecord before = OnRecord.of(server);

        issue("kubelet-client").expectViolation("node-retired");
        admin.post("/certificates/" + id + "/renew", renewal()).expectViolation("node-retired");

        before.assertUnchanged(server);
    }

    @Test
    void leavesNothingInForceThatIsIssuedWhileTheNodeIsRetired() throws Exception {
        server.newNode(cluster, "worker-1");
        issue("kubelet-client").expect(201);
        try (Connection session = session()) {
            holdUp(session, "SELECT 1 FROM feed_head WHERE cluster = ? FOR UPDATE");
            CompletableFuture<TestClient.Answer> issued = CompletableFuture.supplyAsync(() -> issue("kubelet-client"));
            waitUntilHeldUp(1);
            CompletableFuture<TestClient.Answer> retired = CompletableFuture.supplyAsync(this::retire);
            waitUntilHeldUp(2);
            session.commit();
            issued.get(30, TimeUnit.SECONDS).expect(201);
            retired.get(30, TimeUnit.SECONDS).expect(200);
        }
        assertThat(inForce()).isEmpty();
    }

    @Test
    void issuesNothingToANodeThatIsRetiredMeanwhile() throws Exception {
        server.newNode(cluster, "worker-1");
        issue("kubelet-client").expect(201);
        try (Connection session = session()) {
            holdUp(session, "SELECT 1 FROM feed_head WHERE cluster = ? FOR UPDATE");
            CompletableFuture<TestClient.Answer> retired = CompletableFuture.supplyAsync(this::retire);
            waitUntilHeldUp(1);
            CompletableFuture<TestClient.Answer> issued = CompletableFuture.supplyAsync(() -> issue("kubelet-client"));
            waitUntilHeldUp(2);
            session.commit();
            retired.get(30, TimeUnit.SECONDS).expect(200);
            issued.get(30, TimeUnit.SECONDS).expectViolation("holder-gone");
        }
        assertThat(inForce()).isEmpty();
    }

    @Test
    void issuesNothingForAnAddressThatTheNodeHasNoMore() throws Exception {
        server.newNode(cluster, "worker-1");
        try (Connection session = session()) {
            holdUp(session, "UPDATE node SET addresses = '{192.0.2.99}' WHERE cluster = ? RETURNING 1");
            CompletableFuture<TestClient.Answer> issued = CompletableFuture.supplyAsync(() -> issue("kubelet-serving"));
            waitUntilHeldUp(1);
            session.commit();
            issued.get(30, TimeUnit.SECONDS).expectViolation("holder-gone");
        }
    }

    @Test
    void leavesANodeRetiredThatReportsMeanwhile() throws Exception {
        TestClient agent = server.as(server.newNode(cluster, "worker-1"));
        agent.get("/agent/assignment").expect(200);
        try (Connection session = session()) {
            holdUp(session, "UPDATE node SET state = 'retired' WHERE cluster = ? RETURNING 1");
            CompletableFuture<TestClient.Answer> reported = CompletableFuture.supplyAsync(() -> agent.post(
                    "/agent/reports",
                    "{\"agentVersion\": \"1\", \"at\": \"2026-11-24T00:00:00Z\", \"certificates\": []}"));
            waitUntilHeldUp(1);
            session.commit();
            reported.get(30, TimeUnit.SECONDS).expect(204);
        }
        assertThat(admin.get("/clusters/" + cluster + "/nodes/worker-1")
                        .expect(200)
                        .get("state")
                        .asString())
                .isEqualTo("retired");
    }

    private Connection session() throws SQLException {
        Connection session = DriverManager.getConnection(
                server.setting("spring.datasource.url"),
                server.setting("spring.datasource.username"),
                server.setting("spring.datasource.password"));
        session.setAutoCommit(false);
        return session;
    }

    /** Takes a row's lock: whoever needs it waits until the session commits. */
    private void holdUp(Connection session, String sql) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement(sql)) {
            statement.setString(1, cluster);
            assertThat(statement.executeQuery().next()).isTrue();
        }
    }

    private void waitUntilHeldUp(long transactions) throws InterruptedException {
        long waiting = 0;
        for (int tries = 0; tries < 200 && waiting < transactions; tries++) {
            TimeUnit.MILLISECONDS.sleep(25);
            waiting = database.sql("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
                    .query(Long.class)
                    .single();
        }
        assertThat(waiting).isGreaterThanOrEqualTo(transactions);
    }

    private JsonNode inForce() {
        return admin.get("/certificates?status=good&cluster=" + cluster)
                .expect(200)
                .get("items");
    }

    private TestClient.Answer retire() {
        return admin.post("/clusters/" + cluster + "/nodes/worker-1/retire");
    }

    private TestClient.Answer issue(String profile) {
        return admin.post(
                "/clusters/" + cluster + "/certificates",
                TestClient.certificateRequest(profile, "worker-1", TestIdentity.request()));
    }

    private static String renewal() {
        return "{\"csr\": " + TestClient.quoted(TestIdentity.request().pem()) + "}";
    }
}
