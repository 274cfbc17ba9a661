package dev.certfleet.server.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestDatabase;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal on a disk that is full: a file system of its own, so root is needed. */
class JournalFullIT {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private Path data() {
        return folder.resolve("data");
    }

    private Path journal() {
        return data().resolve("journal");
    }

    @BeforeEach
    void mount() throws Exception {
        Files.createDirectories(journal());
        command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", journal().toString());
    }

    @AfterEach
    void unmount() throws Exception {
        command("umount", journal().toString());
    }

    @Test
    void failsTheCallThatIsNotJournalledAndCompletesItWhenItIsRepeated() throws Exception {
        try (TestDatabase database = TestDatabase.create()) {
            TestServer server = Restored.start(data(), database);
            try {
                String cluster = server.newCluster();
                String id = issue(server, cluster);
                Path filler = journal().resolve("filler");
                fill(filler);
                String body = "{\"certificate\": \"" + id + "\", \"reason\": \"superseded\"}";

                for (int i = 0; i < 3; i++) {
                    server.admin()
                            .post("/revocations", body, "Idempotency-Key", "full")
                            .expectProblem(503, "not-journalled");
                    server.admin().post("/revocations", body).expectProblem(503, "not-journalled");
                }

                assertThat(server.admin()
                                .get("/certificates/" + id)
                                .expect(200)
                                .get("status")
                                .asString())
                        .isEqualTo("revoked");
                assertThat(Restored.health(server))
                        .contains("\"journal\":{\"details\"")
                        .contains("DOWN");
                Files.delete(filler);
                server.admin()
                        .post("/revocations", body, "Idempotency-Key", "full")
                        .expect(201);
                assertThat(Restored.health(server)).doesNotContain("DOWN");
                assertThat(Files.readString(journal().resolve("journal-00000001.log")))
                        .contains(id);
            } finally {
                server.stop();
            }
        }
    }

    @Test
    void failsReportsOfKeysThatAreNotJournalledAndCompletesThemWhenTheyAreRepeated() throws Exception {
        try (TestDatabase database = TestDatabase.create()) {
            TestServer server = Restored.start(data(), database);
            try {
                TestClient admin = server.admin();
                String key =
                        "{\"csr\": " + TestClient.quoted(TestIdentity.request().pem());
                String confirmation = admin.post("/compromised-keys?dryRun=true", key + "}")
                        .expect(200)
                        .get("confirmation")
                        .asString();
                String report = key + ", \"confirmation\": \"" + confirmation + "\"}";
                Path filler = journal().resolve("filler");
                fill(filler);

                for (int i = 0; i < 2; i++) {
                    admin.post("/compromised-keys", report, "Idempotency-Key", "full")
                            .expectProblem(503, "not-journalled");
                    admin.post("/compromised-keys", report).expectProblem(503, "not-journalled");
                }

                String hash = admin.get("/compromised-keys")
                        .expect(200)
                        .get("items")
                        .get(0)
                        .get("publicKeyHash")
                        .asString();
                Files.delete(filler);
                admin.post("/compromised-keys", report, "Idempotency-Key", "full")
                        .expect(201);
                assertThat(Files.readString(journal().resolve("journal-00000001.log")))
                        .contains(hash);
            } finally {
                server.stop();
            }
        }
    }

    private static void fill(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            while (true) {
                out.write(new byte[512]);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private static String issue(TestServer server, String cluster) {
        return server.admin()
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()))
                .expect(201)
                .get("id")
                .asString();
    }

    private static void command(String... command) throws Exception {
        Process process = new ProcessBuilder(List.of(command)).inheritIO().start();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
    }
}
