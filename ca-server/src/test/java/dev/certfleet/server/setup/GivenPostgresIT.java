package dev.certfleet.server.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.installation.CannotStart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/** A PostgreSQL that is given, in a container, under two servers that share it and the sealing key. */
class GivenPostgresIT {
    private static final String PASSWORD = "a password of the test";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void twoServersShareADatabaseAndTheSealingKey() throws Exception {
        String image = Objects.requireNonNull(
                System.getenv("CERTFLEET_POSTGRES_IMAGE"),
                "CERTFLEET_POSTGRES_IMAGE names the image; src/verify makes it");
        try (PostgreSQLContainer postgres = new PostgreSQLContainer(
                        DockerImageName.parse(image).asCompatibleSubstituteFor("postgres"))
                .withUsername("postgres")
                .withPassword(PASSWORD)) {
            postgres.start();
            Path passwordFile = Files.writeString(folder.resolve("password"), PASSWORD);
            List<String> database = List.of(
                    "--certfleet.database.url=" + postgres.getJdbcUrl(),
                    "--certfleet.database.username=postgres",
                    "--certfleet.database.password-file=" + passwordFile);

            Path firstData = folder.resolve("first");
            TestServer first = TestServer.start(firstData, database);
            try {
                assertThat(firstData.resolve("postgres")).doesNotExist();
                Path secondData = Files.createDirectory(folder.resolve("second"));
                Path copy = Files.copy(firstData.resolve("sealing.key"), secondData.resolve("sealing.key"));
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));

                TestServer second = TestServer.start(secondData, database);
                try {
                    whatOneDoesTheOtherKnows(first, second);
                } finally {
                    second.stop();
                }
                assertThatThrownBy(() -> TestServer.start(folder.resolve("stranger"), database))
                        .rootCause()
                        .isInstanceOf(CannotStart.class)
                        .hasMessageContaining("the sealing key is not the one");
            } finally {
                first.stop();
            }
        }
    }

    private static void whatOneDoesTheOtherKnows(TestServer first, TestServer second) {
        TestIdentity operator = TestIdentity.read(first.data().resolve("operator-admin.pem"));
        assertThat(second.data().resolve("operator-admin.pem"))
                .as("the first operator's credential is made once")
                .doesNotExist();
        String cluster = first.newCluster();
        TestClient atSecond = second.as(operator);
        String id = atSecond.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()))
                .expect(201)
                .get("id")
                .asString();
        first.as(operator)
                .post("/revocations", "{\"certificate\": \"" + id + "\", \"reason\": \"keyCompromise\"}")
                .expect(201);
        assertThat(atSecond.get("/certificates/" + id).expect(200).get("status").asString())
                .isEqualTo("revoked");
    }
}
