package dev.certfleet.server.setup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What keeps a server from starting is said in one line, with exit code 1, and nothing is left changed. */
class CannotStartTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void refusesDataFolderOfAnotherServer() throws Exception {
        refused(
                "is in use by another server",
                "--certfleet.data=" + TestServer.shared().data());
    }

    @Test
    void refusesUnknownSettingAndSuggestsTheNearest() throws Exception {
        refused(
                "there is no setting 'certfleet.databse.url'; did you mean 'certfleet.database.url'?",
                "--certfleet.databse.url=jdbc:postgresql://localhost/x");
        assertThat(folder.resolve("certfleet-data")).doesNotExist();
    }

    @Test
    void refusesUnknownSettingInTheEnvironment() throws Exception {
        ServerProgram.Ended ended = ServerProgram.run(folder, Map.of("CERTFLEET_SEALINGKEYFIEL", "x"));
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.output()).contains("did you mean 'CERTFLEET_SEALINGKEYFILE'?");
    }

    @Test
    void refusesAddressWithoutPort() throws Exception {
        refused("certfleet.api is 'localhost'; it takes an address and a port", "--certfleet.api=localhost");
    }

    @Test
    void refusesSealingKeyThatOthersCanRead() throws Exception {
        Path key = Files.writeString(folder.resolve("sealing.key"), "certfleet-sealing-key-v1:AAAA");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        refused("can be read by others", "--certfleet.sealing-key-file=" + key);
    }

    @Test
    void refusesFileThatIsNoSealingKey() throws Exception {
        Path key = Files.writeString(folder.resolve("sealing.key"), "secret");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        ServerProgram.Ended ended = refused("is not a certfleet sealing key", "--certfleet.sealing-key-file=" + key);
        assertThat(ended.output()).doesNotContain("secret");
    }

    @Test
    void refusesDatabaseThatDoesNotAnswer() throws Exception {
        refused("the database cannot be used", "--certfleet.database.url=jdbc:postgresql://127.0.0.1:1/certfleet");
    }

    @Test
    void refusesPortInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            refused(
                    "port " + taken.getLocalPort() + " is in use; free it, or set another",
                    "--certfleet.api=" + address,
                    "--certfleet.status=127.0.0.1:0",
                    "--certfleet.management=127.0.0.1:0");
            refused(
                    "certfleet.status",
                    "--certfleet.status=" + address,
                    "--certfleet.api=127.0.0.1:0",
                    "--certfleet.management=127.0.0.1:0");
        }
    }

    private ServerProgram.Ended refused(String line, String... arguments) throws IOException, InterruptedException {
        ServerProgram.Ended ended = ServerProgram.run(folder, Map.of(), arguments);
        assertThat(ended.exitCode()).as(ended.output()).isEqualTo(1);
        assertThat(ended.output().lines().filter(printed -> printed.startsWith("certfleet-server: ")))
                .as(ended.output())
                .singleElement()
                .asString()
                .contains(line);
        assertThat(ended.output()).doesNotContain("\tat ");
        return ended;
    }
}
