package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The drop-in by which the kubelet's own port refuses what was revoked. */
class KubeletConfigurationTest {
    private static final String DROP_IN = "certfleet/kubelet/50-certfleet.conf";

    @TempDir(factory = InMemory.class)
    Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));
    private FakeServer server;
    private TestNode node;

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        server = new FakeServer(clock);
        node = new TestNode(folder, server, clock);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void letsNobodyInWithoutAskingTheApiServer() throws Exception {
        server.roles = List.of("worker");
        node.boot().round();

        assertThat(yaml(DROP_IN))
                .isEqualTo(Map.of(
                        "apiVersion",
                        "kubelet.config.k8s.io/v1beta1",
                        "kind",
                        "KubeletConfiguration",
                        "authentication",
                        Map.of(
                                "anonymous",
                                Map.of("enabled", false),
                                "webhook",
                                Map.of("enabled", true),
                                "x509",
                                Map.of("clientCAFile", node.file("pki/ca.crt").toString())),
                        "authorization",
                        Map.of(
                                "mode",
                                "Webhook",
                                "webhook",
                                Map.of("cacheAuthorizedTTL", "5000ms", "cacheUnauthorizedTTL", "5000ms")),
                        "rotateCertificates",
                        false,
                        "serverTLSBootstrap",
                        false,
                        "tlsCertFile",
                        node.file("pki/kubelet.crt").toString(),
                        "tlsPrivateKeyFile",
                        node.file("pki/kubelet.key").toString()));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(node.file(DROP_IN))))
                .isEqualTo("rw-r--r--");
    }

    @Test
    void isThereOnControlPlaneNodesTooAndNotWhereNoKubeletIs() throws Exception {
        node.boot().round();
        assertThat(node.file(DROP_IN)).exists();
        Files.delete(node.file(DROP_IN));

        server.roles = List.of("etcd");
        TestNode other = new TestNode(Files.createDirectory(folder.resolve("other")), server, clock);
        server.tokenUses++;
        other.boot().round();

        assertThat(other.file("pki/etcd/server.crt")).exists();
        assertThat(other.file("certfleet/kubelet")).doesNotExist();
    }

    @Test
    void isWhereSettingsWantIt() throws Exception {
        node.with("kubelet: {configuration: %s/kubelet.conf.d/90-pki.conf, cacheFor: 1s}\n".formatted(folder));
        node.boot().round();

        assertThat(folder.resolve("kubelet.conf.d/90-pki.conf")).content().contains("cacheAuthorizedTTL: 1000ms");
        assertThat(node.file(DROP_IN)).doesNotExist();
    }

    @Test
    void isWrittenOnlyWhereItChangedAndPutBackWhereItIsGone() throws Exception {
        Agent agent = node.boot();
        agent.round();
        byte[] first = Files.readAllBytes(node.file(DROP_IN));
        FileTime longAgo = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
        Files.setLastModifiedTime(node.file(DROP_IN), longAgo);

        agent.round();
        assertThat(Files.getLastModifiedTime(node.file(DROP_IN))).isEqualTo(longAgo);

        Files.writeString(node.file(DROP_IN), "authorization: {mode: AlwaysAllow}\n");
        agent.round();
        assertThat(node.file(DROP_IN)).hasBinaryContent(first);
    }

    @Test
    void aFolderThatCannotBeWrittenIsTold() throws Exception {
        Files.createDirectories(node.file(DROP_IN));

        Agent agent = node.boot();
        agent.round();

        assertThat(agent.status().problems())
                .anyMatch(problem -> problem.startsWith("kubelet configuration " + node.file(DROP_IN)));
        assertThat(node.isPair("pki/kubelet")).isTrue();
    }

    private Map<?, ?> yaml(String name) throws IOException {
        return (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(Files.readString(node.file(name)));
    }
}
