package dev.certfleet.server.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.installation.CannotStart;
import dev.certfleet.server.installation.CredentialRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The life of an installation over starts: what the first leaves, what a backup brings back, how a lost credential is replaced. */
class SecondStartTest {
    private static final List<String> KEPT =
            List.of("sealing.key", "installation-ca.crt", "operator-admin.pem", "server-tls.pem");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void findsAllAgainAndABackupRestoresIt() throws Exception {
        Path data = folder.resolve("data");
        String cluster;
        String id;
        TestServer first = TestServer.start(data, List.of());
        try {
            secretsAreTheOwnersAlone(data);
            cluster = first.newCluster();
            id = issueAdmin(first, cluster);
        } finally {
            first.stop();
        }
        Map<String, String> left = contents(data);

        TestServer second = TestServer.start(data, List.of());
        try {
            assertThat(contents(data)).isEqualTo(left);
            assertThat(second.admin()
                            .get("/certificates/" + id)
                            .expect(200)
                            .get("status")
                            .asString())
                    .isEqualTo("good");
            issueAdmin(second, cluster);
            warnsBeforeTheLastAdministratorGoes(second);
        } finally {
            second.stop();
        }

        Path backup = folder.resolve("backup");
        copy(data, backup);
        Files.move(data, folder.resolve("lost-machine"));

        TestServer restored = TestServer.start(backup, List.of());
        try {
            assertThat(restored.admin()
                            .get("/certificates/" + id)
                            .expect(200)
                            .get("status")
                            .asString())
                    .isEqualTo("good");
            restored.admin()
                    .post("/revocations", "{\"certificate\": \"" + id + "\", \"reason\": \"superseded\"}")
                    .expect(201);
            issueAdmin(restored, cluster);
            replacesALostCredential(restored);
        } finally {
            restored.stop();
        }

        Files.writeString(
                backup.resolve("sealing.key"),
                "certfleet-sealing-key-v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
        assertThatThrownBy(() -> TestServer.start(backup, List.of()))
                .rootCause()
                .isInstanceOf(CannotStart.class)
                .hasMessageContaining("the sealing key is not the one that this database was sealed with");
    }

    private static void warnsBeforeTheLastAdministratorGoes(TestServer server) {
        String own =
                TestIdentity.read(server.data().resolve("operator-admin.pem")).id();
        assertThat(server.admin()
                        .post("/compromised-keys?dryRun=true", "{\"certificate\": \"" + own + "\"}")
                        .expect(200)
                        .get("breaks"))
                .extracting(broken -> broken.get("effect").asString())
                .anyMatch(effect -> effect.startsWith("the last operator admin credential goes"));
    }

    private static void replacesALostCredential(TestServer server) throws Exception {
        TestIdentity lost = TestIdentity.read(server.data().resolve("operator-admin.pem"));
        TestClient withLost = server.as(lost);
        withLost.get("/clusters").expect(200);

        Path made = Path.of(ask(server, "admin").text());

        assertThat(made).isEqualTo(server.data().resolve("operator-admin.pem"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
                .isEqualTo("rw-------");
        server.admin().get("/clusters").expect(200);
        withLost.get("/clusters").expectProblem(401, "certificate-revoked");
        CredentialRequest.Answer refused = ask(server, "nobody");
        assertThat(refused.made()).isFalse();
        assertThat(refused.text()).isEqualTo("there is no operator called 'nobody'");
    }

    private static CredentialRequest.Answer ask(TestServer server, String operator) throws Exception {
        CredentialRequest request = CredentialRequest.leave(server.data(), operator);
        for (int i = 0; i < 300; i++) {
            Optional<CredentialRequest.Answer> answer = request.read();
            if (answer.isPresent()) {
                return answer.get();
            }
            Thread.sleep(50);
        }
        throw new AssertionError("no answer for operator " + operator);
    }

    private static String issueAdmin(TestServer server, String cluster) {
        TestIdentity.Request request = TestIdentity.request();
        return server.admin()
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, request))
                .expect(201)
                .get("id")
                .asString();
    }

    private static void secretsAreTheOwnersAlone(Path data) throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .isEqualTo("rwx------");
        for (String secret : List.of("sealing.key", "operator-admin.pem", "server-tls.pem", "postgres.password")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve(secret))))
                    .as(secret)
                    .isEqualTo("rw-------");
        }
    }

    private static Map<String, String> contents(Path data) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        for (String name : KEPT) {
            contents.put(name, Files.readString(data.resolve(name)));
        }
        return contents;
    }

    /** As {@code cp -a} does. */
    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
