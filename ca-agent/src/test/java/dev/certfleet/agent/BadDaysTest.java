package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others do to a node, its clock and its server. Disks, hooks and links are in {@link PublicationTest}. */
class BadDaysTest {
    @TempDir(factory = InMemory.class)
    Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));
    private FakeServer server;
    private TestNode node;

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        server = new FakeServer(clock);
        server.roles = List.of("etcd");
        node = new TestNode(folder, server, clock);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void putsPermissionsRightAndSaysSo() throws Exception {
        Agent agent = node.boot();
        agent.round();
        Path key = node.file("pki/etcd/server.key");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.setPosixFilePermissions(node.file("pki/etcd/peer.crt"), PosixFilePermissions.fromString("---------"));

        agent.round();

        assertThat(mode(key)).isEqualTo("rw-------");
        assertThat(mode(node.file("pki/etcd/peer.crt"))).isEqualTo("rw-r--r--");
        assertThat(line(agent, "etcd-server").problem())
                .isEqualTo(key + " had the mode rw-rw-rw-; it is rw------- again");
        clock.advance(Duration.ofMinutes(11));
        agent.round();
        assertThat(agent.status().needsAttention()).isFalse();
    }

    @Test
    void leavesSomebodyElsesNewerFileUntilTheNextRenewalAndSaysSo() throws Exception {
        Agent agent = node.boot();
        agent.round();
        Path file = node.file("pki/etcd/server.crt");
        String ours = Files.readString(file);
        String theirs = Files.readString(node.file("pki/etcd/peer.crt"));
        Files.writeString(file, theirs);
        agent.round();
        assertThat(file).hasContent(theirs);
        assertThat(line(agent, "etcd-server").problem())
                .isEqualTo(file + " was changed by somebody else; it is left as it is until the next renewal");

        clock.advance(Duration.ofDays(20));
        agent.round();
        agent.round();

        assertThat(Files.readString(file)).isNotIn(ours, theirs);
        assertThat(node.isPair("pki/etcd/server")).isTrue();
        assertThat(agent.status().needsAttention()).isFalse();
    }

    @Test
    void noticesThatAKeyWasReplaced() throws Exception {
        Agent agent = node.boot();
        agent.round();
        Files.copy(
                node.file("pki/etcd/peer.key"),
                node.file("pki/etcd/server.key"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        agent.round();

        assertThat(line(agent, "etcd-server").problem())
                .contains("server.key was changed by somebody else and is not the key of");
    }

    @Test
    void noticesThatAPublishedFileBecameALink() throws Exception {
        Agent agent = node.boot();
        agent.round();
        Path file = node.file("pki/etcd/server.crt");
        Path elsewhere = folder.resolve("elsewhere.crt");
        Files.move(file, elsewhere);
        Files.createSymbolicLink(file, elsewhere);
        byte[] contents = Files.readAllBytes(elsewhere);
        agent.round();
        assertThat(line(agent, "etcd-server").problem()).contains("was replaced by a symbolic link");

        clock.advance(Duration.ofDays(20));
        agent.round();

        assertThat(elsewhere).hasBinaryContent(contents);
        assertThat(line(agent, "etcd-server").problem()).contains("is a symbolic link");
    }

    @Test
    void aTokenThatEverybodyCanReadIsRefused() throws Exception {
        Files.setPosixFilePermissions(folder.resolve("token"), PosixFilePermissions.fromString("rw-r--r--"));

        TestNode.Outcome outcome = node.command("enrol");
        Agent agent = node.boot();
        agent.round();

        assertThat(outcome.status()).isEqualTo(ExitCode.SETTINGS.status());
        assertThat(outcome.err())
                .contains("can be read by every user of this machine")
                .hasLineCount(1);
        assertThat(agent.status().problems()).anyMatch(problem -> problem.contains("can be read by every user"));
        assertThat(server.requests).isEmpty();
        assertThat(server.tokenUses).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "{}",
                "[1, 2]",
                "<html>It works!</html>",
                "{\"cluster\": 7, \"certificates\": {}}",
                "{\"cluster\":\"prod\",\"nodeName\":\"cp-1\",\"roles\":[null],\"serverTime\":\"2026-11-24T08:00:00Z\",\"version\":\"x\","
                        + "\"certificates\":[],\"bundles\":{},\"statusUrls\":{},\"crlUrls\":{}}",
                "{\"cluster\":\"prod\",\"nodeName\":\"cp-1\",\"roles\":[\"etcd\"],\"serverTime\":\"yesterday\",\"version\":\"x\","
                        + "\"certificates\":[],\"bundles\":{},\"statusUrls\":{},\"crlUrls\":{}}",
                "{\"cluster\":\"prod\",\"nodeName\":\"cp-1\",\"roles\":[\"etcd\"],\"serverTime\":\"2026-11-24T08:00:00Z\",\"version\":\"x\","
                        + "\"certificates\":[{}],\"bundles\":{},\"statusUrls\":{},\"crlUrls\":{}}"
            })
    void nonsenseFromTheServerChangesNothing(String nonsense) throws Exception {
        Agent agent = node.boot();
        agent.round();
        byte[] certificate = Files.readAllBytes(node.file("pki/etcd/server.crt"));
        byte[] bundle = Files.readAllBytes(node.file("pki/etcd/ca.crt"));
        server.nonsense = nonsense;
        clock.advance(Duration.ofSeconds(20));
        agent.round();

        assertThat(Files.readAllBytes(node.file("pki/etcd/server.crt"))).isEqualTo(certificate);
        assertThat(Files.readAllBytes(node.file("pki/etcd/ca.crt"))).isEqualTo(bundle);
        assertThat(agent.status().problems()).singleElement().asString().hasLineCount(1);

        server.nonsense = null;
        clock.advance(Duration.ofMinutes(1));
        Agent next = node.boot();
        next.round();
        assertThat(next.status().needsAttention()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate"})
    void aBundleThatIsNoneIsRefused(String bundle) throws Exception {
        Agent agent = node.boot();
        agent.round();
        byte[] before = Files.readAllBytes(node.file("pki/etcd/ca.crt"));
        server.otherBundles.put("etcd", bundle);
        clock.advance(Duration.ofSeconds(20));
        agent.round();

        assertThat(Files.readAllBytes(node.file("pki/etcd/ca.crt"))).isEqualTo(before);
        assertThat(agent.status().problems()).singleElement().asString().contains("is not a list of CA certificates");
    }

    @Test
    void aLeafInABundleIsRefused() throws Exception {
        Agent agent = node.boot();
        agent.round();
        byte[] before = Files.readAllBytes(node.file("pki/etcd/ca.crt"));
        server.otherBundles.put("etcd", Files.readString(node.file("pki/etcd/server.crt")));
        clock.advance(Duration.ofSeconds(20));
        agent.round();

        assertThat(Files.readAllBytes(node.file("pki/etcd/ca.crt"))).isEqualTo(before);
        assertThat(agent.status().problems()).singleElement().asString().contains("is no authority");
    }

    @Test
    void anIssuedCertificateThatLacksPartsIsRefused() throws Exception {
        Agent agent = node.boot();
        agent.round();
        byte[] before = Files.readAllBytes(node.file("pki/etcd/peer.crt"));
        server.twist = issued -> !issued.profile().equals("etcd-peer")
                ? issued
                : new dev.certfleet.pki.wire.IssuedCertificate(
                        issued.id(),
                        issued.serial(),
                        issued.profile(),
                        issued.notBefore(),
                        issued.notAfter(),
                        issued.certificate(),
                        Pem.encode(Pem.CERTIFICATE, new byte[] {1, 2, 3}));
        clock.advance(Duration.ofDays(20));
        agent.round();

        assertThat(Files.readAllBytes(node.file("pki/etcd/peer.crt"))).isEqualTo(before);
        assertThat(line(agent, "etcd-peer").problem()).isNotNull();
    }

    @Test
    void aClockThatIsAYearFastThrowsNothingAwayAndIsTold() throws Exception {
        Agent agent = node.boot();
        agent.round();
        byte[] before = Files.readAllBytes(node.file("pki/etcd/server.crt"));
        byte[] key = Files.readAllBytes(node.file("pki/etcd/server.key"));
        FakeClock fast = new FakeClock(clock.instant().plus(Duration.ofDays(360)));
        Agent confused = new Agent(node.settings(), fast, new java.security.SecureRandom());
        for (int i = 0; i < 10; i++) {
            confused.round();
            fast.advance(Duration.ofMinutes(10));
        }

        assertThat(Files.readAllBytes(node.file("pki/etcd/server.crt"))).isEqualTo(before);
        assertThat(Files.readAllBytes(node.file("pki/etcd/server.key"))).isEqualTo(key);
        assertThat(confused.status().problems() + " " + confused.status().certificates())
                .contains("clock");

        Agent healed = node.boot();
        healed.round();
        clock.advance(Duration.ofMinutes(20));
        healed.round();
        healed.round();
        assertThat(node.isPair("pki/etcd/server")).isTrue();
        assertThat(healed.status().certificates()).allMatch(line -> line.problem() == null);
    }

    @Test
    void aClockThatIsAYearSlowThrowsNothingAwayAndIsTold() throws Exception {
        Agent agent = node.boot();
        agent.round();
        byte[] before = Files.readAllBytes(node.file("pki/etcd/server.crt"));
        FakeClock slow = new FakeClock(clock.instant().minus(Duration.ofDays(365)));
        server.renewBefore = clock.instant().toString();
        Agent confused = new Agent(node.settings(), slow, new java.security.SecureRandom());
        for (int i = 0; i < 10; i++) {
            confused.round();
            slow.advance(Duration.ofMinutes(10));
        }

        assertThat(Files.readAllBytes(node.file("pki/etcd/server.crt"))).isEqualTo(before);
        assertThat(confused.status().problems()).anyMatch(problem -> problem.contains("clock"));
    }

    @Test
    void aSecondAgentForTheSameFilesIsRefused() throws Exception {
        node.boot().round();
        try (StateFolder.Lock _ = StateFolder.lockFiles(node.kubernetes)) {
            TestNode second = new TestNode(Files.createDirectory(folder.resolve("second")), server, clock);
            Files.writeString(
                    second.folder.resolve("agent.yaml"),
                    second.yaml().replace("kubernetes: " + second.kubernetes, "kubernetes: " + node.kubernetes));

            TestNode.Outcome outcome = second.commandWith(second.folder.resolve("agent.yaml"), "run");

            assertThat(outcome.status()).isEqualTo(ExitCode.NOT_RUNNING.status());
            assertThat(outcome.err())
                    .contains("another agent publishes into " + node.kubernetes)
                    .hasLineCount(1);
        }
    }

    @Test
    void everyStateFileCutInHalfIsSurvived() throws Exception {
        node.boot().round();
        String serial = Certificates.serial(node.certificate("pki/etcd/server.crt"));
        for (String name : List.of("bundles.json", "assignment.json", "certificates/etcd-peer/current.crt")) {
            Path file = node.state.resolve(name);
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
        }

        Agent agent = node.boot();
        agent.round();
        agent.round();

        assertThat(Certificates.serial(node.certificate("pki/etcd/server.crt"))).isEqualTo(serial);
        assertThat(node.isPair("pki/etcd/peer")).isTrue();
        assertThat(agent.status().problems()).isEmpty();
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private static StatusReport.Line line(Agent agent, String profile) {
        return agent.status().certificates().stream()
                .filter(line -> line.profile().equals(profile))
                .findFirst()
                .orElseThrow();
    }
}
