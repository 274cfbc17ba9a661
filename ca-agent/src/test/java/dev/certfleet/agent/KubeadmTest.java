package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kubeconfigs on a node where kubeadm's commands are used. */
class KubeadmTest {
    @TempDir(factory = InMemory.class)
    Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));
    private FakeServer server;
    private TestNode node;

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        server = new FakeServer(clock);
        node = new TestNode(folder, server, clock).with("kubernetes: {kubeadm: true}\n");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void haveTheCertificatesInThemWhereKubeadmReadsThem() throws Exception {
        node.boot().round();
        for (String name : List.of("admin", "controller-manager", "scheduler")) {
            assertThat(node.file(name + ".conf"))
                    .content()
                    .contains(
                            "client-certificate-data: " + base64("pki/" + name + ".crt"),
                            "client-key-data: " + base64("pki/" + name + ".key"),
                            "certificate-authority-data: " + base64("pki/ca.crt"))
                    .doesNotContain("client-certificate:", "client-key:", "certificate-authority:");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(node.file(name + ".conf"))))
                    .isEqualTo("rw-------");
        }
        for (String name : List.of("controller-manager", "scheduler")) {
            assertThat(node.file("certfleet/kubeconfig/" + name + ".conf"))
                    .content()
                    .contains("client-certificate: \"" + node.file("pki/" + name + ".crt"));
        }
        assertThat(node.file("kubelet.conf")).content().contains("client-certificate: ");
    }

    @Test
    void followARenewal() throws Exception {
        Agent agent = node.boot();
        agent.round();
        clock.advance(Duration.ofDays(20));
        agent.round();
        assertThat(node.notAfter("pki/admin.crt")).isEqualTo(clock.instant().plus(server.life));
        for (String name : List.of("admin.conf", "super-admin.conf")) {
            assertThat(node.file(name)).content().contains("client-certificate-data: " + base64("pki/admin.crt"));
        }
    }

    @Test
    void haveNoSuperAdminButWhatAdminConfHas() throws Exception {
        node.boot().round();
        List<String> admin = Files.readAllLines(node.file("admin.conf"));
        List<String> superAdmin = Files.readAllLines(node.file("super-admin.conf"));
        assertThat(superAdmin.getFirst()).startsWith("# certfleet: ");
        assertThat(superAdmin.subList(1, superAdmin.size())).isEqualTo(admin);
    }

    @Test
    void leaveASuperAdminThatSomebodyPutThere() throws Exception {
        Files.createDirectories(node.kubernetes);
        Files.writeString(node.file("super-admin.conf"), "theirs");
        node.boot().round();
        assertThat(node.file("super-admin.conf")).hasContent("theirs");
    }

    private String base64(String name) throws IOException {
        return Base64.getEncoder().encodeToString(Files.readAllBytes(node.file(name)));
    }
}
