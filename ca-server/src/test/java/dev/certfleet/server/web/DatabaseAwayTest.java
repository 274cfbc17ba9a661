package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that goes away is said to be away, and is used again when it is back. */
class DatabaseAwayTest {
    @Test
    void saysSoAndRecovers(@TempDir Path data) throws Exception {
        TestServer server = TestServer.start(data, List.of());
        try {
            TestClient admin = server.admin();
            String feed = "/clusters/" + server.newCluster() + "/feed?wait=PT60S";
            CompletableFuture<TestClient.Answer> waiting = admin.getLater(feed);
            TimeUnit.MILLISECONDS.sleep(500);

            allowConnections(server, false);

            waiting.get(30, TimeUnit.SECONDS).expectProblem(503, "database-unavailable");
            TestClient.Answer answer = admin.get("/clusters");
            answer.expectProblem(503, "database-unavailable");
            assertThat(answer.header("Retry-After")).isEqualTo("1");
            admin.post("/clusters", "{\"name\": \"lost\"}", "Idempotency-Key", "k")
                    .expectProblem(503, "database-unavailable");

            allowConnections(server, true);

            for (int i = 0; i < 100 && admin.get("/clusters").status() == 503; i++) {
                TimeUnit.MILLISECONDS.sleep(100);
            }
            admin.post("/clusters", "{\"name\": \"lost\"}", "Idempotency-Key", "k")
                    .expect(201);
            CompletableFuture<TestClient.Answer> again = admin.getLater(feed);
            assertThat(again.completeOnTimeout(new TestClient.Answer(answer.response()), 1500, TimeUnit.MILLISECONDS)
                            .get())
                    .as("waits again")
                    .isEqualTo(new TestClient.Answer(answer.response()));
        } finally {
            server.stop();
        }
    }

    private static void allowConnections(TestServer server, boolean allowed) throws SQLException {
        String elsewhere = server.setting("spring.datasource.url").replaceAll("/[^/]*$", "/template1");
        try (Connection connection = DriverManager.getConnection(
                        elsewhere,
                        server.setting("spring.datasource.username"),
                        server.setting("spring.datasource.password"));
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS " + allowed);
            if (!allowed) {
                statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres'");
            }
        }
    }
}
