package dev.certfleet.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.TestNode.Outcome;
import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node with kubeadm's files: RSA keys in PKCS#1, certificates of a year, kubeconfigs with the certificate inside. */
class AdoptTest {
    private static final Duration YEAR = Duration.ofDays(365);

    @TempDir
    Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));
    private FakeServer server;
    private TestNode node;

    @BeforeEach
    void kubeadm() throws IOException, GeneralSecurityException {
        server = new FakeServer(clock);
        server.roles = List.of("control-plane");
        server.extraNames = List.of("kubernetes", "cp-1");
        node = new TestNode(folder, server, clock);
        assertThat(node.command("enrol").status()).isZero();
        write("pki/ca.crt", server.authority(AuthorityKind.KUBERNETES).pem());
        write("pki/etcd/ca.crt", server.authority(AuthorityKind.ETCD).pem());
        write(
                "pki/front-proxy-ca.crt",
                server.authority(AuthorityKind.FRONT_PROXY).pem());
        write("pki/sa.key", "a key that is kept");
        write("pki/sa.pub", "its public key");
        pair("pki/apiserver", AuthorityKind.KUBERNETES, "kube-apiserver", "kubernetes", "cp-1");
        pair("pki/apiserver-etcd-client", AuthorityKind.ETCD, "kube-apiserver-etcd-client");
        kubeconfig("controller-manager.conf", "system:kube-controller-manager");
        kubeconfig("admin.conf", "kubernetes-admin");
        kubeconfig("super-admin.conf", "kubernetes-super-admin");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void planSaysWhatWouldHappenAndChangesNothing() throws IOException {
        Map<String, String> before = contents(folder);

        Outcome plan = node.command("adopt", "--plan");

        assertThat(plan.err()).isEmpty();
        assertThat(plan.status()).isZero();
        assertThat(plan.out())
                .containsPattern("kube-apiserver: .*pki/apiserver.crt, serial [0-9a-f]+, until 2027-11-24T.*: recorded,"
                        + " kept until it is due")
                .contains("controller-manager.conf will refer to files: restart kube-controller-manager once after it")
                .containsPattern("administrator: .*super-admin.conf, .*: recorded, left")
                .containsPattern("admin-kubeconfig: .*/admin.conf, .*: recorded, kept until it is due")
                .doesNotContainPattern("administrator: .*/admin.conf")
                .contains("kube-scheduler: none found, is issued", "nothing was changed");
        Map<String, String> after = contents(folder);
        after.remove("agent.yaml");
        before.remove("agent.yaml");
        assertThat(after).isEqualTo(before);
    }

    @Test
    void takesPairsOverAndReplacesThemWhenTheyAreDue() throws Exception {
        String serving = node.serial("pki/apiserver.crt");
        byte[] key = Files.readAllBytes(node.file("pki/apiserver.key"));
        assertThat(node.command("adopt").out()).contains("adopted");

        Agent agent = node.boot();
        agent.round();

        assertThat(node.serial("pki/apiserver.crt")).isEqualTo(serving);
        assertThat(node.file("pki/apiserver.key")).hasBinaryContent(key);
        assertThat(agent.status().toString())
                .as("kubeadm's form of a key is no change by somebody else")
                .doesNotContain("somebody else");
        assertThat(Files.readString(node.file("pki/sa.key"))).isEqualTo("a key that is kept");
        assertThat(Files.readString(node.file("controller-manager.conf")))
                .contains("client-certificate: \"" + node.file("pki/controller-manager.crt"))
                .doesNotContain("client-certificate-data");
        assertThat(node.certificate("pki/controller-manager.crt").getNotAfter().toInstant())
                .isAfter(clock.instant().plus(Duration.ofDays(360)));
        assertThat(node.isPair("pki/scheduler")).isTrue();
        agent.close();

        clock.advance(Duration.ofDays(245));
        server.life = Duration.ofDays(30);
        try (Agent later = node.boot()) {
            later.round();
        }

        assertThat(node.serial("pki/apiserver.crt")).isNotEqualTo(serving);
        assertThat(node.isPair("pki/apiserver")).isTrue();
        assertThat(server.requests).anyMatch(request -> request.endsWith("/renew"));
    }

    @Test
    void replacesThemAtOnceWhereThatIsWanted() throws Exception {
        String serving = node.serial("pki/apiserver.crt");
        assertThat(node.command("adopt", "--renew").status()).isZero();
        try (Agent agent = node.boot()) {
            agent.round();
        }
        assertThat(node.serial("pki/apiserver.crt")).isNotEqualTo(serving);
        assertThat(node.isPair("pki/apiserver")).isTrue();
        assertThat(node.isPair("pki/apiserver-etcd-client")).isTrue();
    }

    @Test
    void doesItAgainWithoutHarm() throws Exception {
        assertThat(node.command("adopt").status()).isZero();
        // The stand-in server gives kube-apiserver an address that no assignment has.
        Outcome again = node.command("adopt", "--accept-lost-name", "kube-apiserver:127.0.0.1");
        assertThat(again.status()).isZero();
        assertThat(again.out()).contains("kube-apiserver: kept already");
        try (Agent agent = node.boot()) {
            agent.round();
        }
        assertThat(node.command("adopt").out()).contains("kube-scheduler: kept already");
    }

    @Test
    void losesNoNameUnasked() throws IOException {
        pair("pki/apiserver", AuthorityKind.KUBERNETES, "kube-apiserver", "kubernetes", "old.example.org");

        Outcome refused = node.command("adopt");

        assertThat(refused.status()).isEqualTo(ExitCode.ATTENTION.status());
        assertThat(refused.err()).contains("kube-apiserver: old.example.org").hasLineCount(1);
        assertThat(refused.out()).contains("LOST kube-apiserver: old.example.org", "will also be for cp-1");
        assertThat(node.state.resolve("certificates")).doesNotExist();
        assertThat(node.command("adopt", "--accept-lost-name", "kube-apiserver:old.example.org")
                        .status())
                .isZero();
    }

    @Test
    void refusesANodeOfAnotherCluster() throws IOException {
        write("pki/ca.crt", new TestAuthority("kubernetes", clock.instant()).pem());
        Outcome refused = node.command("adopt");
        assertThat(refused.status()).isEqualTo(ExitCode.ATTENTION.status());
        assertThat(refused.err()).contains("does not have the CA CN=kubernetes");
        assertThat(node.state.resolve("certificates")).doesNotExist();
    }

    @Test
    void refusesAPairThatIsNone() throws IOException {
        write("pki/apiserver.key", pem(rsa().getPrivate()));
        Outcome refused = node.command("adopt");
        assertThat(refused.status()).isEqualTo(ExitCode.ATTENTION.status());
        assertThat(refused.err()).contains("pki/apiserver.crt: its key is another one's");
        write("controller-manager.conf", "a: [b");
        assertThat(node.command("adopt").out()).contains("controller-manager.conf is not YAML");
    }

    @Test
    void replacesAtOnceWhatIsOfAnUnknownAuthority() throws Exception {
        TestAuthority other = new TestAuthority("another", clock.instant());
        KeyPair keys = rsa();
        X509Certificate foreign = other.issue(
                SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()),
                "CN=kube-scheduler",
                clock.instant(),
                YEAR,
                List.of());
        write("pki/scheduler.crt", Certificates.pem(List.of(foreign)));
        write("pki/scheduler.key", pem(keys.getPrivate()));
        assertThat(node.command("adopt").out()).contains("unknown-issuer, replaced at once; nobody's");
        try (Agent agent = node.boot()) {
            agent.round();
        }
        assertThat(node.certificate("pki/scheduler.crt")).isNotEqualTo(foreign);
    }

    @Test
    void givesTheNodeBackToKubeadm() throws Exception {
        String ca = Files.readString(node.file("pki/ca.crt"));
        assertThat(node.command("adopt", "--renew").status()).isZero();
        try (Agent agent = node.boot()) {
            agent.round();
        }
        String serving = node.serial("pki/apiserver.crt");

        Outcome released = node.command("release");

        assertThat(released.err()).isEmpty();
        assertThat(released.status()).isZero();
        assertThat(node.serial("pki/apiserver.crt")).isEqualTo(serving);
        assertThat(Files.readString(node.file("pki/ca.crt"))).isEqualTo(ca);
        String kubeconfig = Files.readString(node.file("controller-manager.conf"));
        String inside = kubeconfig.replaceAll("(?s).*client-certificate-data: (\\S+).*", "$1");
        assertThat(new String(Base64.getDecoder().decode(inside), US_ASCII))
                .isEqualTo(Files.readString(node.file("pki/controller-manager.crt")));
        assertThat(kubeconfig).contains("server: https://10.0.0.1:6443", "certificate-authority-data: ");
        Outcome run = node.command("run");
        assertThat(run.status()).isEqualTo(ExitCode.NOT_RUNNING.status());
        assertThat(run.err()).contains("given back to kubeadm");
        // The stand-in server gives kube-apiserver an address that no assignment has.
        Outcome again = node.command("adopt", "--accept-lost-name", "kube-apiserver:127.0.0.1");
        assertThat(again.status()).as(again.out() + again.err()).isZero();
        assertThat(node.state.resolve("released")).doesNotExist();
    }

    @Test
    void cannotGiveBackWhatWasNotAdoptedOrCrossedOver() throws Exception {
        assertThat(node.command("release").err()).contains("was not adopted");
        assertThat(node.command("adopt").status()).isZero();
        pair("pki/apiserver", AuthorityKind.AGENTS, "kube-apiserver", "kubernetes", "cp-1");
        Outcome refused = node.command("release");
        assertThat(refused.status()).isEqualTo(ExitCode.ATTENTION.status());
        assertThat(refused.err()).contains("cannot go back");
        assertThat(node.state.resolve("released")).doesNotExist();
    }

    @Test
    void isForAnEnrolledNodeWhoseAgentDoesNotRun() throws IOException {
        try (StateFolder.Lock _ = new StateFolder(node.state).lock()) {
            assertThat(node.command("adopt").err()).contains("another agent is using");
        }
        Files.delete(node.state.resolve("identity/identity.json"));
        assertThat(node.command("adopt").err()).contains("not enrolled");
    }

    @Test
    void readsKeysInTheFormsThatKubeadmWrites() throws Exception {
        for (KeyPair keys : List.of(rsa(), TestAuthority.newKeys())) {
            assertThat(PrivateKeys.belongTogether(
                            PrivateKeys.decode(pem(keys.getPrivate()), keys.getPublic()), keys.getPublic()))
                    .isTrue();
        }
    }

    private void pair(String name, AuthorityKind kind, String commonName, String... dnsNames) throws IOException {
        KeyPair keys = rsa();
        write(name + ".crt", Certificates.pem(List.of(issue(kind, commonName, keys, dnsNames))));
        write(name + ".key", pem(keys.getPrivate()));
    }

    private void kubeconfig(String name, String commonName) throws IOException {
        KeyPair keys = rsa();
        String certificate = Certificates.pem(List.of(issue(AuthorityKind.KUBERNETES, commonName, keys)));
        write(name, """
                apiVersion: v1
                clusters:
                - cluster:
                    certificate-authority-data: %s
                    server: https://10.0.0.1:6443
                  name: kubernetes
                contexts:
                - context:
                    cluster: kubernetes
                    user: %s
                  name: here
                current-context: here
                kind: Config
                users:
                - name: %s
                  user:
                    client-certificate-data: %s
                    client-key-data: %s
                """.formatted(
                        base64(server.authority(AuthorityKind.KUBERNETES).pem()),
                        commonName,
                        commonName,
                        base64(certificate),
                        base64(pem(keys.getPrivate()))));
    }

    private X509Certificate issue(AuthorityKind kind, String commonName, KeyPair keys, String... dnsNames) {
        return server.authority(kind)
                .issue(
                        SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()),
                        "CN=" + commonName,
                        clock.instant(),
                        YEAR,
                        Stream.of(dnsNames)
                                .map(name -> new GeneralName(GeneralName.dNSName, name))
                                .toList());
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(US_ASCII));
    }

    private static KeyPair rsa() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String pem(Object key) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private void write(String name, String text) throws IOException {
        Files.createDirectories(node.file(name).getParent());
        Files.writeString(node.file(name), text);
    }

    private static Map<String, String> contents(Path folder) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(
                        folder.relativize(file).toString(),
                        Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1));
            }
        }
        return contents;
    }
}
