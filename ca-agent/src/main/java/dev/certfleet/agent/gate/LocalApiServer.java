package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/**
 * The kube-apiserver on this node, over HTTPS, as the node's own kubelet: that one may create access reviews in every
 * cluster. The published files are read again when they change.
 */
public final class LocalApiServer implements ApiServer {
    private static final String REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    private static final int TIMEOUT_MILLIS = 5000;
    private static final int LARGEST_ANSWER = 1 << 20;
    private static final int NAME_BYTES = 16;

    /** Where it is. */
    public interface Address {
        /** @throws IOException where that is not known */
        URI get() throws IOException;
    }

    private final Address address;
    private final ApiServerAccess access;
    private final SecureRandom random;

    /**
     * @param address where it is, as in {@code https://10.0.0.1:6443}
     * @param authority PEM of what its serving certificate chains to
     * @param certificate PEM of the client certificate to show
     */
    public LocalApiServer(Address address, Path authority, Path certificate, Path key, SecureRandom random) {
        this.address = address;
        this.access = new ApiServerAccess(authority, certificate, key, random);
        this.random = random;
    }

    @Override
    public Review review(String user, List<String> groups, String credentialId) throws IOException {
        ApiServerAccess.State now = access.now();
        HttpsURLConnection connection = now.open(URI.create(address.get() + REVIEWS), TIMEOUT_MILLIS);
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setDoOutput(true);
        try (var output = connection.getOutputStream()) {
            output.write(JSON.std.asString(question(user, groups, credentialId)).getBytes(UTF_8));
        }
        int status = connection.getResponseCode();
        try (InputStream stream = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            byte[] body = stream == null ? new byte[0] : stream.readNBytes(LARGEST_ANSWER);
            if (status / 100 == 2) {
                return answer(body);
            }
            String text = new String(body, UTF_8);
            if (text.contains(PushedList.REFUSAL)) {
                throw new RefusedException(now.shown(), text);
            }
            throw new IOException("kube-apiserver answers a review with status " + status);
        }
    }

    private Map<String, Object> question(String user, List<String> groups, String credentialId) {
        byte[] name = new byte[NAME_BYTES];
        random.nextBytes(name);
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("group", "certfleet.dev");
        attributes.put("resource", "doors");
        attributes.put("name", HexFormat.of().formatHex(name));
        attributes.put("verb", "get");
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("user", user);
        spec.put("groups", groups);
        spec.put("extra", Map.of(AccessReview.CREDENTIAL_ID, List.of(credentialId)));
        spec.put("resourceAttributes", attributes);
        Map<String, Object> review = new LinkedHashMap<>();
        review.put("apiVersion", "authorization.k8s.io/v1");
        review.put("kind", "SubjectAccessReview");
        review.put("spec", spec);
        return review;
    }

    private static Review answer(byte[] body) throws IOException {
        try {
            Map<String, Object> review = JSON.std.mapFrom(body);
            if (review == null || !(review.get("status") instanceof Map<?, ?> status)) {
                throw new IOException("kube-apiserver's answer to a review has no status");
            }
            return new Review(
                    Boolean.TRUE.equals(status.get("denied")),
                    (text(status.get("reason")) + " " + text(status.get("evaluationError"))).strip());
        } catch (JacksonException e) {
            throw new IOException("kube-apiserver's answer to a review is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static String text(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }

    @Override
    public Set<X500Principal> acceptedAuthorities() throws IOException {
        AskedAuthorities asked = new AskedAuthorities();
        SSLContext context = access.context(asked, access.now().trust());
        URI where = address.get();
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket()) {
            var parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            String host = where.getHost().replace("[", "").replace("]", "");
            socket.connect(new InetSocketAddress(host, where.getPort()), TIMEOUT_MILLIS);
            socket.startHandshake();
        }
        List<X500Principal> named = asked.issuers.get();
        if (named == null || named.isEmpty()) {
            throw new IOException("kube-apiserver names no authorities in its handshake");
        }
        return new LinkedHashSet<>(named);
    }
}
