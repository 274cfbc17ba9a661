package dev.certfleet.server.web;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

/** The parameter {@code wait}: for how long an answer may be held back. */
final class Wait {
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private Wait() {}

    /** @param text such as {@code 10s} or {@code PT10S}; null for no waiting */
    static Duration of(@Nullable String text) {
        if (text == null) {
            return Duration.ZERO;
        }
        try {
            Duration wait = DurationStyle.detectAndParse(text);
            if (!wait.isNegative() && wait.compareTo(LONGEST) <= 0) {
                return wait;
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            // said below, together with what is too long
        }
        throw new ProblemException(
                ProblemType.MALFORMED_REQUEST, "'wait' is a duration of 60s at most, such as 10s or PT10S");
    }
}
