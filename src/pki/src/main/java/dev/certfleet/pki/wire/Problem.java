package dev.certfleet.pki.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Problem details (RFC 9457), media type {@code application/problem+json}.
 *
 * @param type a stable URI, listed in docs/errors.md
 * @param title the type in words
 * @param status the HTTP status
 * @param detail what is wrong with this request
 * @param violations each rule that was broken, where there can be several
 */
public record Problem(
        String type,
        String title,
        int status,
        @Nullable String detail,
        @Nullable List<Violation> violations) {

    /**
     * @param rule the rule's stable name
     * @param detail how it was broken
     */
    public record Violation(String rule, String detail) {}
}
