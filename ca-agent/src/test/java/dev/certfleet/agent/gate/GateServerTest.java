package dev.certfleet.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.PrivateKeys;
import dev.certfleet.pki.testing.Mutations;
import dev.certfleet.pki.testing.TestAuthority;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class GateServerTest {
    private static final String REVIEW =
            "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{\"user\":\"a\",\"extra\":{"
                    + "\"authentication.kubernetes.io/credential-id\":[\"X509SHA256=00\"]}}}";

    @TempDir
    private Path folder;

    private RunningGate gate;

    @BeforeEach
    void start() throws IOException {
        gate = new RunningGate(folder);
    }

    @AfterEach
    void stop() {
        gate.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "not JSON",
                "[]",
                "null",
                "{}",
                "{\"apiVersion\":\"authorization.k8s.io/v1beta1\",\"kind\":\"SubjectAccessReview\",\"spec\":{}}",
                "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"TokenReview\",\"spec\":{}}",
                "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":[]}",
                "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{\"extra\":7}}",
                "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{\"extra\":"
                        + "{\"authentication.kubernetes.io/credential-id\":\"X509SHA256=00\"}}}",
                "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{\"extra\":"
                        + "{\"authentication.kubernetes.io/credential-id\":[7]}}}"
            })
    void answersWhatIsNoReviewWith400(String body) throws Exception {
        assertThat(gate.post(body).statusCode()).isEqualTo(400);
    }

    @Test
    void answersTooMuchWith413AndGoesOn() throws Exception {
        assertThat(gate.post(" ".repeat(GateServer.MAX_BODY + 1)).statusCode()).isEqualTo(413);
        assertThat(gate.post(REVIEW).statusCode()).isEqualTo(200);
    }

    @Test
    void answersNothingElse() throws Exception {
        assertThat(gate.get("/authorize").statusCode()).isEqualTo(405);
        assertThat(gate.get("/authorize/more").statusCode()).isEqualTo(404);
        assertThat(gate.get("/").statusCode()).isEqualTo(404);
        assertThat(gate.get("/healthz").statusCode()).isEqualTo(200);
    }

    @Test
    void deniesAnIdThatKubeApiserverCannotHaveMade() throws Exception {
        assertThat(gate.post(REVIEW).body()).contains("\"denied\":true");
        assertThat(gate.server.lookups()).isZero();
    }

    @Test
    void readsEveryMutationOrRefusesIt() {
        byte[] review = REVIEW.getBytes(StandardCharsets.UTF_8);

        Mutations.truncations(review)
                .forEach(cut ->
                        assertThatThrownBy(() -> AccessReview.read(cut)).isInstanceOf(IllegalArgumentException.class));
        Mutations.changes(review, 5_000).forEach(changed -> {
            try {
                assertThat(AccessReview.read(changed).credentialIds()).hasSizeLessThan(17);
            } catch (IllegalArgumentException expected) {
                assertThat(expected).hasMessageMatching("(?s).+");
            }
        });
    }

    @Test
    void refusesJsonThatIsTooDeep() throws Exception {
        assertThat(gate.post("[".repeat(100_000)).statusCode()).isEqualTo(400);
    }

    @Test
    void servesANewCertificateFromTheNextHandshakeOn() throws Exception {
        X509Certificate first = served();

        X509Certificate second = gate.newServingCertificate();

        assertThat(first).isNotEqualTo(second);
        assertThat(served()).isEqualTo(second);
    }

    private X509Certificate served() throws Exception {
        try (SSLSocket socket = (SSLSocket) gate.trust().getSocketFactory().createSocket("127.0.0.1", gate.port())) {
            socket.startHandshake();
            Certificate[] chain = socket.getSession().getPeerCertificates();
            return (X509Certificate) chain[0];
        }
    }

    @Test
    void keepsTheOldCertificateWhereTheNewPairDoesNotFit() throws Exception {
        X509Certificate before = served();
        TestAuthority.Leaf leaf = gate.agents.server("CN=gate", gate.clock.instant());
        Path certificate = Files.writeString(folder.resolve("gate.crt"), Certificates.pem(List.of(leaf.certificate())));
        Path key = Files.writeString(
                folder.resolve("gate.key"),
                PrivateKeys.encode(TestAuthority.keyPair(KeyAlgorithm.P256).getPrivate()));

        assertThatThrownBy(() -> gate.serving.use(certificate, key)).isInstanceOf(IOException.class);
        assertThat(served()).isEqualTo(before);

        Files.writeString(key, PrivateKeys.encode(leaf.key()));
        gate.serving.use(certificate, key);
        assertThat(served()).isEqualTo(leaf.certificate());
    }

    @Test
    void listensOnLoopbackOnlyAndSaysWhichPortIsTaken() {
        GateSettings d = gate.settings();
        GateSettings everywhere = new GateSettings(
                "0.0.0.0",
                0,
                d.policy(),
                d.staleAfter(),
                d.refreshAfter(),
                d.lookupTime(),
                d.feedWait(),
                d.pollInterval(),
                d.failurePolicy(),
                d.cacheFor(),
                d.auditLog(),
                d.apiServer());
        GateSettings taken = new GateSettings(
                "127.0.0.1",
                gate.port(),
                d.policy(),
                d.staleAfter(),
                d.refreshAfter(),
                d.lookupTime(),
                d.feedWait(),
                d.pollInterval(),
                d.failurePolicy(),
                d.cacheFor(),
                d.auditLog(),
                d.apiServer());

        assertThatThrownBy(() -> GateServer.start(everywhere, gate.gate(), gate.serving, new SecureRandom()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("loopback");
        assertThatThrownBy(() -> GateServer.start(taken, gate.gate(), gate.serving, new SecureRandom()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("127.0.0.1:" + gate.port());
    }
}
