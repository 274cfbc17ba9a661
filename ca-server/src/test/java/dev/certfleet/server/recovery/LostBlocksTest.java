package dev.certfleet.server.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestDatabase;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is blocked without a revoked certificate stays blocked, whatever is restored. */
class LostBlocksTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static RestoredBlocks made;

    @BeforeAll
    static void make() throws IOException {
        made = new RestoredBlocks(folder);
    }

    @Test
    void refusesUntilKeysAndQuarantinesAreBackAndLeavesAloneWhoWasLetGo() throws Exception {
        TestDatabase database = made.backup.copy();
        TestServer server = Restored.start(Restored.copy(made.first, "same-first"), database);
        try {
            TestClient admin = made.admin(server);
            JsonNode behind = admin.get("/recovery").expect(200);
            assertThat(behind.get("behind").asBoolean()).isTrue();
            assertThat(behind.get("missing").asLong()).isEqualTo(14);
            assertThat(behind.get("lost")).hasSize(4);
            assertThat(behind.get("lostKeys")).hasSize(5);
            assertThat(behind.get("lostKeys"))
                    .anyMatch(key -> key.get("publicKeyHash").asString().equals(made.reportedHash)
                            && key.get("cause").asString().equals("compromised"));
            assertThat(behind.get("lostQuarantines"))
                    .extracting(lost -> lost.get("node").asString() + " over:" + lost.has("endedAt") + " end:"
                            + lost.get("endLost").asBoolean())
                    .containsExactlyInAnyOrder(
                            "kept-1 over:false end:false",
                            "late-1 over:false end:false",
                            "shared-1 over:false end:false",
                            "freed-1 over:true end:false",
                            "old-1 over:true end:true");
            made.issue(server, made.reported).expectProblem(503, "database-behind");
            made.tryToEnrol(server, made.lateToken, "late-2").expectProblem(503, "database-behind");
            server.as(made.kept).get("/agent/assignment").expectProblem(401, "certificate-revoked");

            JsonNode replayed = admin.post("/recovery/replay").expect(200);

            assertThat(replayed.get("revocations").asLong()).isEqualTo(4);
            assertThat(replayed.get("certificates").asLong()).isEqualTo(1);
            assertThat(replayed.get("keys").asLong()).isEqualTo(5);
            assertThat(replayed.get("quarantines").asLong()).isEqualTo(5);
            assertThat(replayed.get("recovery").get("behind").asBoolean()).isFalse();
            made.issue(server, made.reported).expectViolation("compromised-key");
            for (String node : List.of("kept-1", "late-1", "shared-1")) {
                assertThat(made.state(server, node)).as(node).isEqualTo("quarantined");
                made.issue(server, node, TestIdentity.request()).expectViolation("node-quarantined");
            }
            server.as(made.kept).get("/agent/assignment").expectProblem(401, "certificate-revoked");
            made.tryToEnrol(server, made.keptToken, "kept-2").expectProblem(403, "token-withdrawn");
            made.tryToEnrol(server, made.lateToken, "late-2").expectProblem(403, "token-withdrawn");
            made.tryToEnrol(server, made.freedToken, "freed-2").expectProblem(403, "token-withdrawn");
            assertThat(made.state(server, "freed-1")).isEqualTo("active");
            assertThat(made.state(server, "old-1")).isEqualTo("reinstall-allowed");
            assertThat(admin.get("/audit-events?limit=1000").expect(200).get("items"))
                    .extracting(event -> event.get("type").asString())
                    .contains("blocked-key-replayed", "quarantine-replayed");

            JsonNode again = admin.post("/recovery/replay").expect(200);
            assertThat(again.get("keys").asLong() + again.get("quarantines").asLong())
                    .isZero();

            letsGoWhatTheOtherServerLetGo(database, server);
        } finally {
            server.stop();
        }
    }

    private static void letsGoWhatTheOtherServerLetGo(TestDatabase database, TestServer server) throws Exception {
        TestServer other = Restored.start(Restored.copy(made.second, "same-second"), database);
        try {
            JsonNode replayed = made.admin(other).post("/recovery/replay").expect(200);
            assertThat(replayed.get("quarantines").asLong()).isEqualTo(1);
            assertThat(replayed.get("recovery").get("missing").asLong()).isZero();
            assertThat(made.state(server, "shared-1")).isEqualTo("reinstall-allowed");
            assertThat(made.admin(server)
                            .get("/recovery")
                            .expect(200)
                            .get("missing")
                            .asLong())
                    .as("the first server's journal knows no end, and the database does")
                    .isZero();
        } finally {
            other.stop();
        }
    }

    @Test
    void putsNobodyInQuarantineWhomAnotherServersJournalLetGoBefore() throws Exception {
        TestDatabase database = made.backup.copy();
        TestServer other = Restored.start(Restored.copy(made.second, "second-before"), database);
        try {
            JsonNode replayed = made.admin(other).post("/recovery/replay").expect(200);
            assertThat(replayed.get("quarantines").asLong()).isEqualTo(1);
            assertThat(replayed.get("recovery").get("behind").asBoolean())
                    .as("the first server is waited for")
                    .isTrue();
            TestServer server = Restored.start(Restored.copy(made.first, "first-after"), database);
            try {
                made.issue(server, made.reported).expectProblem(503, "database-behind");
                replayed = made.admin(server).post("/recovery/replay").expect(200);
                assertThat(replayed.get("quarantines").asLong()).isEqualTo(4);
                assertThat(replayed.get("recovery").get("behind").asBoolean()).isFalse();
                assertThat(made.state(server, "shared-1")).isEqualTo("active");
                assertThat(made.state(server, "kept-1")).isEqualTo("quarantined");
                made.issue(server, made.reported).expectViolation("compromised-key");
            } finally {
                server.stop();
            }
        } finally {
            other.stop();
        }
    }

    @Test
    void journalsWhatACrashLeftBetweenCommitAndAppend() throws Exception {
        TestDatabase crashed = made.newest.copy();
        sql(
                crashed,
                "UPDATE journalled_key SET replica = NULL",
                "UPDATE quarantine SET journalled = NULL, end_journalled = NULL");
        Path data = made.newData("after-crash");
        TestServer server = Restored.start(data, crashed);
        Path journal = data.resolve("journal/journal-00000001.log");
        try {
            RecoveryTest.within(Duration.ofSeconds(20), () -> read(journal).contains("quarantine-ended"));
            assertThat(read(journal)).contains(made.reportedHash, "node-quarantined");
        } finally {
            server.stop();
        }

        server = Restored.start(data, made.backup.copy());
        try {
            JsonNode behind = made.admin(server).get("/recovery").expect(200);
            assertThat(behind.get("behind").asBoolean()).isTrue();
            assertThat(behind.get("lostQuarantines")).hasSize(5);
            made.admin(server).post("/recovery/replay").expect(200);
            assertThat(made.state(server, "kept-1")).isEqualTo("quarantined");
            assertThat(made.state(server, "late-1")).isEqualTo("quarantined");
            assertThat(made.state(server, "shared-1")).isEqualTo("active");
            assertThat(made.admin(server)
                            .get("/compromised-keys?limit=100")
                            .expect(200)
                            .get("items"))
                    .anyMatch(key -> key.get("publicKeyHash").asString().equals(made.reportedHash));
        } finally {
            server.stop();
        }
    }

    @Test
    void revokesWhatTheRestoredDatabaseIssuedBeforeAnybodySawIt() throws Exception {
        TestDatabase database = made.backup.copy();
        TestServer without = Restored.start(made.newData("knows-nothing"), database);
        try {
            TestIdentity.Request fresh = TestIdentity.request();
            String ofKey = id(made.issue(without, made.reported));
            String ofNode = id(made.issue(without, "kept-1", fresh));
            TestServer server = Restored.start(Restored.copy(made.first, "comes-later"), database);
            try {
                made.admin(server).post("/recovery/replay").expect(200);
                assertThat(reason(server, ofKey)).isEqualTo("keyCompromise");
                assertThat(reason(server, ofNode)).isEqualTo("privilegeWithdrawn");
                RecoveryTest.within(
                        Duration.ofSeconds(10), () -> made.issue(server, fresh).status() == 422);
                made.issue(server, fresh).expectViolation("compromised-key");
            } finally {
                server.stop();
            }
        } finally {
            without.stop();
        }
    }

    @Test
    void carriesWhatStillHoldsOnWhereAllCertificatesOfAFileHaveEnded() throws Exception {
        Path data = made.newData("carries");
        String dead = seed("revoked").replaceAll("\"notAfter\":\"[^\"]*\"", "\"notAfter\":\"2020-01-01T00:00:00Z\"");
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            lines.add(dead);
        }
        lines.add(seed("key-blocked"));
        try (JournalFiles files = JournalFiles.open(data.resolve("journal"), 1)) {
            files.append(lines);
            files.append(List.of(seed("node-quarantined")));
        }
        TestServer server = Restored.start(data, made.backup.copy());
        try {
            TestClient admin = made.admin(server);
            assertThat(data.resolve("journal/journal-00000001.log")).doesNotExist();
            assertThat(read(data.resolve("journal/journal-00000002.log"))).contains(seed("key-blocked"));
            JsonNode behind = admin.get("/recovery").expect(200);
            assertThat(behind.get("missing").asLong()).isEqualTo(2);
            assertThat(behind.get("lostKeys")).hasSize(1);
            assertThat(behind.get("lostQuarantines").get(0).get("replayable").asBoolean())
                    .as("its cluster is not on record")
                    .isFalse();

            JsonNode replayed = admin.post("/recovery/replay").expect(200);

            assertThat(replayed.get("keys").asLong()).isEqualTo(1);
            assertThat(replayed.get("recovery").get("missing").asLong()).isEqualTo(1);
            for (JsonNode awaited : replayed.get("recovery").get("servers")) {
                admin.post(
                                "/recovery/accept-loss",
                                "{\"server\": \"" + awaited.get("id").asString() + "\"}")
                        .expect(200);
            }
            JsonNode after = admin.get("/recovery").expect(200);
            assertThat(after.get("missing").asLong()).isZero();
            assertThat(after.get("behind").asBoolean()).isFalse();
            assertThat(read(data.resolve("journal/journal-00000002.log"))).contains("quarantine-given-up");
            made.issue(server, TestIdentity.request()).expect(201);
        } finally {
            server.stop();
        }
    }

    private static String id(TestClient.Answer issued) {
        return issued.expect(201).get("id").asString();
    }

    private static String reason(TestServer server, String certificate) {
        return made.admin(server)
                .get("/certificates/" + certificate)
                .expect(200)
                .get("reason")
                .asString();
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String seed(String name) throws IOException {
        try (var in = LostBlocksTest.class.getResourceAsStream("/fuzz/JournalEntryFuzz/" + name + ".json")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }

    private static void sql(TestDatabase database, String... statements) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (String text : statements) {
                statement.execute(text);
            }
        }
    }
}
