package dev.certfleet.agent.csr;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.pki.CsrSigner;
import dev.certfleet.pki.wire.CsrReview;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A CertificateSigningRequest of {@code certificates.k8s.io/v1}, as kube-apiserver shows it. What of it is not understood here is
 * kept, and sent back as it came.
 */
final class SigningRequest {
    private final Map<String, Object> object;
    private final Map<?, ?> metadata;
    private final Map<?, ?> spec;
    private final Map<?, ?> status;

    /** @throws IOException where that is no CertificateSigningRequest */
    SigningRequest(Map<String, Object> object) throws IOException {
        this.object = object;
        this.metadata = map(object.get("metadata"));
        this.spec = map(object.get("spec"));
        this.status = map(object.get("status"));
        if (uid().isEmpty() || name().isEmpty()) {
            throw new IOException("kube-apiserver shows a CertificateSigningRequest without a name or a uid");
        }
    }

    String uid() {
        return text(metadata.get("uid"));
    }

    String name() {
        return text(metadata.get("name"));
    }

    /** Of this state of it. */
    String version() {
        return text(metadata.get("resourceVersion"));
    }

    /** Empty where it is somebody else's. */
    Optional<CsrSigner> signer() {
        return CsrSigner.named(text(spec.get("signerName")));
    }

    boolean isApproved() {
        return has("Approved");
    }

    /** Whether nothing more is to be done. */
    boolean isOver() {
        return has("Denied")
                || has("Failed")
                || !text(status.get("certificate")).isEmpty();
    }

    private boolean has(String condition) {
        return conditions().stream()
                .anyMatch(one -> map(one).get("type") instanceof String type && type.equals(condition));
    }

    private List<?> conditions() {
        return status.get("conditions") instanceof List<?> list ? list : List.of();
    }

    /** What the server is asked. @throws IOException where it lacks what it has to have */
    CsrReview review() throws IOException {
        return new CsrReview(
                uid(),
                name(),
                text(spec.get("signerName")),
                text(spec.get("username")),
                texts(spec.get("groups")),
                texts(spec.get("usages")),
                spec.get("expirationSeconds") instanceof Number seconds ? seconds.intValue() : null,
                pem(),
                isApproved());
    }

    private String pem() throws IOException {
        try {
            return new String(Base64.getDecoder().decode(text(spec.get("request"))), UTF_8);
        } catch (IllegalArgumentException e) {
            throw new IOException("the CertificateSigningRequest " + name() + " has no request in base64", e);
        }
    }

    /** The whole with one more condition. */
    Map<String, Object> with(String condition, String reason, String message) {
        Map<String, Object> added = new LinkedHashMap<>();
        added.put("type", condition);
        added.put("status", "True");
        added.put("reason", reason);
        added.put("message", message);
        List<Object> conditions = new ArrayList<>(conditions());
        conditions.add(added);
        return withStatus("conditions", conditions);
    }

    /** The whole with its certificate, PEM. */
    Map<String, Object> with(String certificate) {
        return withStatus("certificate", Base64.getEncoder().encodeToString(certificate.getBytes(UTF_8)));
    }

    private Map<String, Object> withStatus(String field, Object value) {
        Map<Object, Object> changed = new LinkedHashMap<>(status);
        changed.put(field, value);
        Map<String, Object> whole = new LinkedHashMap<>(object);
        whole.putIfAbsent("apiVersion", "certificates.k8s.io/v1");
        whole.putIfAbsent("kind", "CertificateSigningRequest");
        whole.put("status", changed);
        return whole;
    }

    static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> found ? found : Map.of();
    }

    static String text(@Nullable Object value) {
        return value instanceof String found ? found : "";
    }

    private static List<String> texts(@Nullable Object value) {
        return value instanceof List<?> list
                ? list.stream().map(SigningRequest::text).toList()
                : List.of();
    }
}
