package dev.certfleet.server.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestDatabase;
import dev.certfleet.server.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Revoked stays revoked, whatever is restored. */
class RecoveryTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static Restored made;

    @BeforeAll
    static void make() {
        made = new Restored(folder);
    }

    @Test
    void refusesAfterARestoreUntilItsJournalIsReplayed() throws Exception {
        TestServer server = Restored.start(made.copyOfData("same-server"), made.backup.copy());
        try {
            TestClient admin = made.admin(server);
            JsonNode behind = admin.get("/recovery").expect(200);
            assertThat(behind.get("behind").asBoolean()).isTrue();
            assertThat(behind.get("missing").asLong()).isEqualTo(5);
            assertThat(behind.get("lostKeys"))
                    .as("of what was revoked for keyCompromise")
                    .hasSize(2);
            assertThat(behind.get("lost"))
                    .extracting(lost -> lost.get("certificate").asString()
                            + " "
                            + lost.get("certificateLost").asBoolean())
                    .containsExactlyInAnyOrder(
                            made.revoked.id() + " false",
                            made.issuedAfter.id() + " true",
                            made.dismissed.id() + " false");
            made.askForCertificate(server).expectProblem(503, "database-behind");
            server.as(made.dismissed).get("/clusters/" + made.cluster).expectProblem(401, "certificate-revoked");
            assertThat(made.ocsp(server, made.good)).isEqualTo("TRY_LATER");
            assertThat(made.ocsp(server, made.revoked)).isEqualTo("TRY_LATER");
            assertThat(Restored.health(server)).contains("OUT_OF_SERVICE", "behind what was known before");
            server.as(made.node).post("/recovery/replay").expectProblem(403, "not-permitted");

            JsonNode replayed = admin.post("/recovery/replay").expect(200);

            assertThat(replayed.get("revocations").asLong()).isEqualTo(3);
            server.as(made.dismissed).get("/clusters/" + made.cluster).expectProblem(401, "certificate-revoked");
            assertThat(replayed.get("certificates").asLong()).isEqualTo(1);
            assertThat(replayed.get("recovery").get("behind").asBoolean()).isFalse();
            assertThat(made.ocsp(server, made.revoked)).isEqualTo("revoked");
            assertThat(made.ocsp(server, made.issuedAfter)).isEqualTo("revoked");
            assertThat(made.ocsp(server, made.good)).isEqualTo("good");
            made.askForCertificate(server).expect(201);
            assertThat(admin.get("/revocations/" + made.revocation)
                            .expect(200)
                            .get("certificate")
                            .asString())
                    .isEqualTo(made.revoked.id());
            JsonNode feed =
                    admin.get("/clusters/" + made.cluster + "/feed?limit=1000").expect(200);
            assertThat(feed.get("epoch").asString()).isNotEqualTo(made.epoch);
            assertThat(feed.get("sequence").asLong()).isGreaterThan(made.sequence);
            assertThat(feed.get("entries"))
                    .extracting(entry ->
                            entry.get("kind").asString() + " " + entry.get("id").asString())
                    .contains("revoked " + made.revoked.id(), "revoked " + made.issuedAfter.id());
            assertThat(Restored.health(server)).doesNotContain("OUT_OF_SERVICE");

            JsonNode again = admin.post("/recovery/replay").expect(200);
            assertThat(again.get("revocations").asLong()).isZero();
            assertThat(admin.get("/clusters/" + made.cluster + "/feed?limit=1000")
                            .expect(200)
                            .get("epoch"))
                    .isEqualTo(feed.get("epoch"));
            assertThat(admin.get("/audit-events?limit=1000").expect(200).get("items"))
                    .extracting(event -> event.get("type").asString())
                    .contains("database-behind", "feed-epoch-changed", "revocation-replayed", "database-caught-up");
        } finally {
            server.stop();
        }
    }

    @Test
    void believesAMarkAloneAndNoneThatWasInvented() throws Exception {
        TestServer server = Restored.start(made.newData("new-server"), made.backup.copy());
        try {
            TestClient agent = server.as(made.node);
            made.askForCertificate(server).expect(201);
            for (String ignored : new String[] {
                "",
                "v1.AAAA." + "A".repeat(43),
                made.mark.substring(0, made.mark.length() - 2) + "AA",
                made.markOfOther,
                "x".repeat(5000)
            }) {
                agent.get("/agent/assignment", "Certfleet-Mark", ignored).expect(200);
            }
            made.askForCertificate(server).expect(201);

            agent.get("/agent/assignment", "Certfleet-Mark", made.mark).expect(200);

            made.askForCertificate(server).expectProblem(503, "database-behind");
            assertThat(made.ocsp(server, made.good)).isEqualTo("TRY_LATER");
            TestClient admin = made.admin(server);
            JsonNode recovery = admin.get("/recovery").expect(200);
            assertThat(recovery.get("evidence").get(0).get("kind").asString()).isEqualTo("mark");
            assertThat(recovery.get("evidence").get(0).get("sequence").asLong()).isEqualTo(made.sequence);

            JsonNode waiting = admin.post("/recovery/replay").expect(200).get("recovery");
            assertThat(waiting.get("behind").asBoolean())
                    .as("the server that had the journal is waited for")
                    .isTrue();
            String gone = waiting.get("servers")
                    .valueStream()
                    .filter(one -> one.get("awaited").asBoolean())
                    .map(one -> one.get("id").asString())
                    .findAny()
                    .orElseThrow();
            admin.post("/recovery/accept-loss", "{\"server\": \"00000000-0000-0000-0000-000000000000\"}")
                    .expectProblem(404, "not-found");
            admin.post("/recovery/accept-loss", "{\"server\": \"that one\"}").expectViolation("server");
            JsonNode accepted = admin.post("/recovery/accept-loss", "{\"server\": \"" + gone + "\"}")
                    .expect(200);
            assertThat(accepted.get("recovery").get("behind").asBoolean()).isFalse();
            assertThat(accepted.get("recovery").get("servers").valueStream())
                    .isNotEmpty()
                    .noneMatch(one -> one.get("awaited").asBoolean());
            made.askForCertificate(server).expect(201);

            agent.get("/agent/assignment", "Certfleet-Mark", made.mark).expect(200);
            made.askForCertificate(server).expect(201);
            JsonNode feed =
                    admin.get("/clusters/" + made.cluster + "/feed?limit=1000").expect(200);
            assertThat(feed.get("sequence").asLong()).isGreaterThan(made.sequence);
        } finally {
            server.stop();
        }
    }

    @Test
    void issuesAgainByItselfOnceTheLastServerHasSaidThatItKnowsNothingMore() throws Exception {
        TestDatabase database = made.backup.copy();
        Path data = made.newData("speaks-last");
        Restored.start(data, database).stop();
        TestServer server = Restored.start(made.copyOfData("replays-first"), database);
        try {
            JsonNode replayed =
                    made.admin(server).post("/recovery/replay").expect(200).get("recovery");
            assertThat(replayed.get("missing").asLong()).isZero();
            assertThat(replayed.get("behind").asBoolean())
                    .as("the server that is away is waited for")
                    .isTrue();
            made.askForCertificate(server).expectProblem(503, "database-behind");
            TestServer last = Restored.start(data, database);
            try {
                within(
                        Duration.ofSeconds(5),
                        () -> made.askForCertificate(server).status() == 201);
                made.askForCertificate(last).expect(201);
            } finally {
                last.stop();
            }
        } finally {
            server.stop();
        }
    }

    @Test
    void bothServersRefuseWhileOnesJournalIsAheadAndReceiptsComeFromBoth() throws Exception {
        TestDatabase database = made.backup.copy();
        TestServer without = Restored.start(made.newData("without-journal"), database);
        try {
            made.askForCertificate(without).expect(201);
            TestServer with = Restored.start(made.copyOfData("with-journal"), database);
            try {
                within(
                        Duration.ofSeconds(5),
                        () -> made.askForCertificate(without).status() == 503);
                made.askForCertificate(without).expectProblem(503, "database-behind");
                assertThat(made.ocsp(without, made.revoked)).isEqualTo("TRY_LATER");

                made.admin(without).post("/recovery/replay").expect(200);
                made.askForCertificate(without).expectProblem(503, "database-behind");
                assertThat(made.admin(with)
                                .post("/recovery/replay")
                                .expect(200)
                                .get("revocations")
                                .asLong())
                        .isEqualTo(3);
                within(
                        Duration.ofSeconds(5),
                        () -> made.askForCertificate(without).status() == 201);
                assertThat(made.ocsp(without, made.revoked)).isEqualTo("revoked");

                receiptsComeFromBoth(with, without);
            } finally {
                with.stop();
            }
        } finally {
            without.stop();
        }
    }

    private static void receiptsComeFromBoth(TestServer one, TestServer other) throws Exception {
        Restored.Issued issued = made.issue(one);
        String revocation = made.revoke(one, issued);
        CompletableFuture<TestClient.Answer> waiting =
                made.admin(one).getLater("/revocations/" + revocation + "/receipt?wait=30s");
        other.as(made.node)
                .post(
                        "/agent/proofs",
                        "{\"proofs\": [{\"certificate\": \"" + issued.id()
                                + "\", \"door\": \"kube-apiserver\", \"evidence\": \"review-denied\", \"at\": \""
                                + Instant.EPOCH + "\"}]}")
                .expect(204);
        JsonNode receipt = waiting.get(40, TimeUnit.SECONDS).expect(200);
        assertThat(receipt.get("state").asString()).as(receipt.toString()).isEqualTo("enforced");
        assertThat(receipt.get("counts").get("replica").toString()).isEqualTo("{\"expected\":2,\"proved\":2}");
    }

    static void within(Duration longest, BooleanSupplier holds) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).as("within %s", longest).isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }
}
