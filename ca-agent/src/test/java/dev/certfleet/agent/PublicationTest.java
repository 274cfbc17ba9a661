package dev.certfleet.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import dev.certfleet.pki.testing.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What consumers and administrators see while files change, or cannot. */
class PublicationTest {
    @TempDir(factory = InMemory.class)
    Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));
    private FakeServer server;
    private TestNode node;

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        server = new FakeServer(clock);
        node = new TestNode(folder, server, clock);
        server.roles = java.util.List.of("etcd");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** Reads as etcd and client-go do at each handshake: the certificate, then the key, and they have to belong together. */
    @Test
    void publishesWithoutATornPair() throws Exception {
        Agent agent = node.boot();
        agent.round();
        AtomicBoolean going = new AtomicBoolean(true);
        AtomicInteger reads = new AtomicInteger();
        AtomicReference<@Nullable String> torn = new AtomicReference<>();
        Map<String, Boolean> judged = new ConcurrentHashMap<>();
        Thread consumer = Thread.ofPlatform().start(() -> {
            while (going.get() && torn.get() == null) {
                try {
                    String certificate = Files.readString(node.file("pki/etcd/server.crt"), US_ASCII);
                    String key = Files.readString(node.file("pki/etcd/server.key"), US_ASCII);
                    if (!judged.computeIfAbsent(certificate + key, PublicationTest::isPair)) {
                        torn.set("a pair that does not belong together");
                    }
                    reads.incrementAndGet();
                } catch (IOException e) {
                    torn.set(String.valueOf(e));
                }
            }
        });

        for (int i = 0; i < 40; i++) {
            clock.advance(Duration.ofDays(20));
            agent.round();
        }
        going.set(false);
        consumer.join();

        assertThat(torn.get()).isNull();
        assertThat(judged).as("different certificates that the consumer saw").hasSizeGreaterThan(20);
        assertThat(reads.get()).isGreaterThan(1000);
    }

    @Test
    void keepsOldFilesWhenTargetIsUnwritable() throws Exception {
        Agent agent = node.boot();
        agent.round();
        byte[] before = Files.readAllBytes(node.file("pki/etcd/server.crt"));
        Needs.met(
                mount("--bind", node.kubernetes.toString(), node.kubernetes.toString()),
                "to be allowed to mount, as root is");
        try {
            Needs.met(mount("-o", "remount,bind,ro", node.kubernetes.toString()), "to be allowed to mount, as root is");
            clock.advance(Duration.ofDays(20));
            agent.round();
            assertThat(Files.readAllBytes(node.file("pki/etcd/server.crt"))).isEqualTo(before);
            assertThat(line(agent, "etcd-server").problem())
                    .contains("server.crt", "Read-only file system", "what was there before stays");
            assertThat(server.reports.getLast().certificates())
                    .filteredOn(held -> held.profile().equals("etcd-server"))
                    .allMatch(held -> String.valueOf(held.problem()).contains("Read-only file system"));
        } finally {
            run("umount", node.kubernetes.toString());
        }

        int issued = server.issued;
        clock.advance(Duration.ofMinutes(10));
        agent.round();

        assertThat(Files.readAllBytes(node.file("pki/etcd/server.crt"))).isNotEqualTo(before);
        assertThat(agent.status().needsAttention()).isFalse();
        assertThat(server.issued)
                .as("the certificate that had been received is published")
                .isEqualTo(issued);
    }

    @Test
    void fullDiskLosesNothing() throws Exception {
        Path disk = Files.createDirectories(node.kubernetes);
        Needs.met(
                mount("-t", "tmpfs", "-o", "size=256k", "certfleet-test", disk.toString()),
                "to be allowed to mount, as root is");
        try {
            Agent agent = node.boot();
            agent.round();
            byte[] before = Files.readAllBytes(node.file("pki/etcd/peer.crt"));
            fill(disk.resolve("ballast"));
            clock.advance(Duration.ofDays(20));
            agent.round();
            assertThat(Files.readAllBytes(node.file("pki/etcd/peer.crt"))).isEqualTo(before);
            assertThat(node.isPair("pki/etcd/peer")).isTrue();
            assertThat(line(agent, "etcd-peer").problem()).contains("No space left on device");
            int issued = server.issued;

            Files.delete(disk.resolve("ballast"));
            clock.advance(Duration.ofMinutes(10));
            agent.round();

            assertThat(Files.readAllBytes(node.file("pki/etcd/peer.crt"))).isNotEqualTo(before);
            assertThat(server.issued).isEqualTo(issued);
            assertThat(agent.status().needsAttention()).isFalse();
        } finally {
            run("umount", disk.toString());
        }
    }

    @Test
    void fullStateDiskLosesNothing() throws Exception {
        Path disk = Files.createDirectories(node.state);
        Needs.met(
                mount("-t", "tmpfs", "-o", "size=512k,mode=700", "certfleet-test", disk.toString()),
                "to be allowed to mount, as root is");
        try {
            Agent agent = node.boot();
            agent.round();
            byte[] before = Files.readAllBytes(node.file("pki/etcd/peer.crt"));
            fill(disk.resolve("ballast"));
            clock.advance(Duration.ofDays(20));
            agent.round();
            assertThat(Files.readAllBytes(node.file("pki/etcd/peer.crt"))).isEqualTo(before);
            assertThat(line(agent, "etcd-peer").problem()).contains("No space left on device");

            Files.delete(disk.resolve("ballast"));
            clock.advance(Duration.ofMinutes(10));
            agent.round();

            assertThat(Files.readAllBytes(node.file("pki/etcd/peer.crt"))).isNotEqualTo(before);
            assertThat(node.isPair("pki/etcd/peer")).isTrue();
            assertThat(agent.status().needsAttention()).isFalse();
        } finally {
            run("umount", disk.toString());
        }
    }

    @Test
    void refusesATargetThatIsASymbolicLink() throws Exception {
        Files.createDirectories(node.file("pki/etcd"));
        Path elsewhere = Files.writeString(folder.resolve("elsewhere"), "precious");
        Files.createSymbolicLink(node.file("pki/etcd/server.crt"), elsewhere);

        Agent agent = node.boot();
        agent.round();

        assertThat(elsewhere).hasContent("precious");
        assertThat(node.file("pki/etcd/server.crt")).isSymbolicLink();
        assertThat(line(agent, "etcd-server").problem()).contains("is a symbolic link");
        assertThat(node.isPair("pki/etcd/peer")).isTrue();
    }

    @Test
    void neverTouchesAServiceAccountKeyThatIsThere() throws Exception {
        server.roles = java.util.List.of("control-plane");
        Files.createDirectories(node.file("pki"));
        Files.writeString(node.file("pki/sa.key"), "precious");

        Agent agent = node.boot();
        agent.round();

        assertThat(node.file("pki/sa.key")).hasContent("precious");
        assertThat(node.file("pki/sa.pub")).doesNotExist();
        assertThat(agent.status().problems()).anyMatch(problem -> problem.contains("sa.pub"));
    }

    @Test
    void aFailingHookIsToldAndTriedAgain() throws Exception {
        Path flag = folder.resolve("flag");
        node.with("""
                hooks:
                  etcd-server: [[/bin/sh, -c, 'echo no such unit; test -e %FLAG']]
                """.replace("%FLAG", flag.toString()));
        Agent agent = node.boot();
        agent.round();
        assertThat(line(agent, "etcd-server").state()).isEqualTo("published");
        assertThat(line(agent, "etcd-server").problem()).isEqualTo("hook /bin/sh ended with status 1: no such unit");
        assertThat(node.isPair("pki/etcd/server")).isTrue();

        Files.createFile(flag);
        clock.advance(Duration.ofMinutes(1));
        node.boot().round();

        assertThat(line(node.boot(), "etcd-server").state()).isEqualTo("in-use");
    }

    @Test
    void aHookThatHangsIsKilledWithAllItStarted() throws Exception {
        node.with("""
                hooks:
                  timeout: 300ms
                  etcd-server: [[/bin/sh, -c, 'sleep 3217 & sleep 3217']]
                """);
        Agent agent = node.boot();
        agent.round();

        assertThat(line(agent, "etcd-server").problem()).contains("did not end within");
        assertThat(ProcessHandle.allProcesses()
                        .flatMap(process -> process.info().arguments().stream())
                        .filter(arguments -> java.util.Arrays.asList(arguments).contains("3217")))
                .isEmpty();
    }

    @Test
    void hooksGetTheirArgumentsAsTheyAre() throws Exception {
        Path file = folder.resolve("arguments");
        node.with("""
                hooks:
                  etcd-server: [[touch, '%FILE; touch x']]
                """.replace("%FILE", file.toString()));
        node.boot().round();

        assertThat(folder.resolve("arguments; touch x")).exists();
        assertThat(file).doesNotExist();
    }

    @Test
    void refusesOneFileForCertificateAndKey() {
        assertThatThrownBy(() -> dev.certfleet.agent.settings.Settings.parse(
                        "paths: {files: {etcd-server: {certificate: /x/etcd.pem, key: /x/etcd.pem}}}"))
                .hasMessageContaining("each its own file");
    }

    private static boolean isPair(String certificateAndKey) {
        try {
            return PrivateKeys.belongTogether(
                    PrivateKeys.decode(certificateAndKey),
                    Certificates.parse(certificateAndKey).getFirst().getPublicKey());
        } catch (IllegalArgumentException | java.security.cert.CertificateException e) {
            return false;
        }
    }

    private static StatusReport.Line line(Agent agent, String profile) {
        return agent.status().certificates().stream()
                .filter(line -> line.profile().equals(profile))
                .findFirst()
                .orElseThrow();
    }

    private static void fill(Path file) throws IOException {
        byte[] block = new byte[4096];
        try (var output = Files.newOutputStream(file)) {
            while (true) {
                output.write(block);
            }
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("No space left")) {
                throw e;
            }
        }
    }

    private static boolean mount(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "mount";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return run(command);
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    }
}
