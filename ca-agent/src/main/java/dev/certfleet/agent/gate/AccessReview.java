package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/**
 * The part of a SubjectAccessReview ({@code authorization.k8s.io/v1}) that matters here.
 *
 * @param credentialIds what kube-apiserver says that the caller proved to hold; of service accounts too, as {@code JTI=…}
 */
record AccessReview(String user, List<String> credentialIds) {
    /** How the id of a certificate begins. */
    static final String X509 = "X509SHA256=";

    private static final String API_VERSION = "authorization.k8s.io/v1";
    private static final String KIND = "SubjectAccessReview";
    static final String CREDENTIAL_ID = "authentication.kubernetes.io/credential-id";
    private static final int MAX_CREDENTIALS = 16;
    private static final int MAX_USER = 200;

    private static final byte[] NO_OPINION = answer(Map.of("allowed", false, "denied", false));

    /** @throws IllegalArgumentException where it is none */
    static AccessReview read(byte[] json) {
        Map<String, Object> review;
        try {
            review = JSON.std.mapFrom(json);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
        }
        if (review == null || !API_VERSION.equals(review.get("apiVersion")) || !KIND.equals(review.get("kind"))) {
            throw new IllegalArgumentException("not a " + KIND + " of " + API_VERSION);
        }
        Map<?, ?> spec = object(review.get("spec"), "spec");
        Map<?, ?> extra = object(spec.get("extra"), "spec.extra");
        return new AccessReview(user(spec.get("user")), texts(extra.get(CREDENTIAL_ID)));
    }

    private static Map<?, ?> object(@Nullable Object value, String name) {
        return switch (value) {
            case null -> Map.of();
            case Map<?, ?> map -> map;
            default -> throw new IllegalArgumentException(name + " is not an object");
        };
    }

    private static String user(@Nullable Object value) {
        String name = value instanceof String text ? text : "";
        String line = name.replaceAll("\\p{Cntrl}", " ");
        return "'" + (line.length() <= MAX_USER ? line : line.substring(0, MAX_USER) + "…") + "'";
    }

    private static List<String> texts(@Nullable Object value) {
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list) || list.size() > MAX_CREDENTIALS) {
            throw new IllegalArgumentException(CREDENTIAL_ID + " is not a list of at most " + MAX_CREDENTIALS);
        }
        List<String> texts = new ArrayList<>();
        for (Object one : list) {
            if (!(one instanceof String text)) {
                throw new IllegalArgumentException(CREDENTIAL_ID + " holds something else than text");
            }
            texts.add(text);
        }
        return texts;
    }

    /** The review as it is answered, JSON. */
    static byte[] answer(Decision decision) {
        return switch (decision) {
            case Decision.NoOpinion noOpinion -> NO_OPINION;
            case Decision.Denied denied -> {
                Map<String, Object> status = new LinkedHashMap<>();
                status.put("allowed", false);
                status.put("denied", true);
                status.put("reason", denied.reason());
                yield answer(status);
            }
        };
    }

    private static byte[] answer(Map<String, Object> status) {
        Map<String, Object> review = new LinkedHashMap<>();
        review.put("apiVersion", API_VERSION);
        review.put("kind", KIND);
        review.put("status", status);
        return JSON.std.asString(review).getBytes(UTF_8);
    }
}
