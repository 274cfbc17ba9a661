package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.access.OncePerKey;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * The header {@code Idempotency-Key}: a request that is sent again under its key is answered again and not done again. A
 * key belongs to its caller, and to the method, path and body it was first sent with. Requests for certificates hand the
 * key to the ledger, which gives the same certificate; the others go through {@link #once}.
 */
@Component
class Idempotency {
    static final String HEADER = "Idempotency-Key";
    static final int LONGEST = 200;

    private final OncePerKey oncePerKey;
    private final JsonMapper json;

    Idempotency(OncePerKey oncePerKey, JsonMapper json) {
        this.oncePerKey = oncePerKey;
        this.json = json;
    }

    /**
     * A request's name and contents.
     *
     * @param id the caller's key, or a random one
     * @param hash SHA-256 of method, path and body
     * @param given whether the caller named it
     */
    record Key(String id, byte[] hash, boolean given) {}

    Key key(HttpServletRequest request, Object body) {
        String header = request.getHeader(HEADER);
        if (header != null
                && (header.isEmpty()
                        || header.length() > LONGEST
                        || !header.chars().allMatch(c -> c > ' ' && c < 0x7f))) {
            throw new ProblemException(
                    ProblemType.MALFORMED_REQUEST,
                    "the Idempotency-Key has 1 to " + LONGEST + " printable ASCII characters without spaces");
        }
        return new Key(header == null ? UUID.randomUUID().toString() : header, hash(request, body), header != null);
    }

    private byte[] hash(HttpServletRequest request, Object body) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(
                    (request.getMethod() + " " + request.getRequestURI() + "\n").getBytes(StandardCharsets.UTF_8));
            return digest.digest(json.writeValueAsBytes(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Does it once; where it was done before, gives the same answer again. */
    <T> ResponseEntity<T> once(
            Caller caller, HttpServletRequest request, Object body, Class<T> type, Supplier<ResponseEntity<T>> work) {
        return once(caller, request, body, type, work, UnaryOperator.identity());
    }

    /**
     * Does it once; where it was done before, gives the same answer again.
     *
     * @param remembered what may be kept of the answer
     */
    <T> ResponseEntity<T> once(
            Caller caller,
            HttpServletRequest request,
            Object body,
            Class<T> type,
            Supplier<ResponseEntity<T>> work,
            UnaryOperator<T> remembered) {
        Key key = key(request, body);
        if (!key.given()) {
            return work.get();
        }
        AtomicReference<@Nullable ResponseEntity<T>> now = new AtomicReference<>();
        OncePerKey.Outcome outcome = oncePerKey.once(caller.actor(), key.id(), key.hash(), () -> {
            ResponseEntity<T> answer = work.get();
            now.set(answer);
            T kept = answer.getBody();
            return new OncePerKey.Answer(
                    answer.getStatusCode().value(),
                    kept == null ? "" : json.writeValueAsString(remembered.apply(kept)));
        });
        return switch (outcome) {
            case OncePerKey.Outcome.DoneNow done -> java.util.Objects.requireNonNull(now.get());
            case OncePerKey.Outcome.DoneBefore(OncePerKey.Answer answer) -> again(answer, type);
            case OncePerKey.Outcome.OtherRequest other -> throw reused();
        };
    }

    private <T> ResponseEntity<T> again(OncePerKey.Answer answer, Class<T> type) {
        HttpStatus status = HttpStatus.valueOf(answer.status());
        return answer.body().isEmpty()
                ? ResponseEntity.status(status).build()
                : ResponseEntity.status(status).body(json.readValue(answer.body(), type));
    }

    static ProblemException reused() {
        return new ProblemException(
                ProblemType.IDEMPOTENCY_KEY_REUSED, "the key was sent before with another path or body");
    }

    static ProblemException inProgress() {
        return new ProblemException(ProblemType.REQUEST_IN_PROGRESS, "send it again in a moment to get its answer");
    }
}
