package dev.certfleet.agent.component;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.pki.Certificates;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/**
 * Asks a kube-apiserver who the bearer of a certificate is: a SelfSubjectReview, which every authenticated user may make and
 * which changes nothing.
 */
final class SelfReview {
    /** Asserted by the front-proxy certificate in a proof; nobody has this name, and no right comes with it. */
    static final String FRONT_PROXY_USER = "certfleet:front-proxy-proof";

    private static final String PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    private static final String QUESTION =
            "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}";
    private static final String CREDENTIAL_ID = "authentication.kubernetes.io/credential-id";
    private static final String ANONYMOUS = "system:anonymous";
    private static final int HTTPS = 443;

    private final HttpsCall https;

    SelfReview(HttpsCall https) {
        this.https = https;
    }

    static int port(URI apiServer) {
        return apiServer.getPort() < 0 ? HTTPS : apiServer.getPort();
    }

    /** True where something takes a TCP connection. */
    static boolean listens(URI where, Duration timeout) {
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(where.getHost().replaceAll("[\\[\\]]", ""), port(where)),
                    Math.toIntExact(timeout.toMillis()));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * @param frontProxy true where the certificate is to assert another user by headers, under the names that kubeadm gives
     *     kube-apiserver
     * @param authorities what kube-apiserver's own certificate has to chain to
     */
    Finding ask(URI apiServer, Credential own, boolean frontProxy, List<X509Certificate> authorities) {
        HttpsCall.Answer answer;
        try {
            answer = https.send(
                    URI.create(apiServer + PATH),
                    Optional.of(own),
                    Optional.of(Set.copyOf(authorities)),
                    frontProxy ? Map.of("X-Remote-User", FRONT_PROXY_USER) : Map.of(),
                    QUESTION);
        } catch (IOException e) {
            return new Finding.Unclear("kube-apiserver answers neither yes nor no: " + Trouble.oneLine(e));
        }
        Proof proof = frontProxy ? Proof.AUTHENTICATED : Proof.NEXT_CONNECTION;
        return switch (answer.status()) {
            case 401 -> new Finding.Refused("kube-apiserver refuses it with status 401");
            case 403 -> forbidden(answer.body(), frontProxy, proof);
            case 200, 201 -> named(answer.body(), own, frontProxy, proof);
            default -> new Finding.Unclear("kube-apiserver answers with status " + answer.status());
        };
    }

    /** Whoever is known may still have no right to ask; the answer names him. */
    private static Finding forbidden(String body, boolean frontProxy, Proof proof) {
        if (body.contains(ANONYMOUS)) {
            return new Finding.Refused("kube-apiserver does not ask for client certificates of its authority");
        }
        if (body.contains("certificate revoked")) {
            return new Finding.Refused("kube-apiserver refuses it as revoked");
        }
        return frontProxy && !body.contains(FRONT_PROXY_USER)
                ? new Finding.Refused("kube-apiserver does not take it for a front proxy's")
                : new Finding.Proven(proof);
    }

    private static Finding named(String body, Credential own, boolean frontProxy, Proof proof) {
        Map<?, ?> user = user(body);
        if (user == null || !(user.get("username") instanceof String name)) {
            return new Finding.Unclear("kube-apiserver's answer names no user");
        }
        if (frontProxy) {
            return name.equals(FRONT_PROXY_USER)
                    ? new Finding.Proven(proof)
                    : new Finding.Refused("kube-apiserver does not take it for a front proxy's");
        }
        if (name.equals(ANONYMOUS)) {
            return new Finding.Refused("kube-apiserver does not ask for client certificates of its authority");
        }
        // Since Kubernetes 1.31; a proxy in between would show its own.
        return user.get("extra") instanceof Map<?, ?> extra
                        && extra.get(CREDENTIAL_ID) instanceof List<?> ids
                        && !ids.contains("X509SHA256=" + Certificates.fingerprint(own.certificate()))
                ? new Finding.Unclear("kube-apiserver was shown another certificate, by a proxy perhaps")
                : new Finding.Proven(proof);
    }

    private static @Nullable Map<?, ?> user(String body) {
        try {
            Map<String, Object> review = JSON.std.mapFrom(body);
            return review != null
                            && review.get("status") instanceof Map<?, ?> status
                            && status.get("userInfo") instanceof Map<?, ?> user
                    ? user
                    : null;
        } catch (JacksonException e) {
            return null;
        }
    }
}
