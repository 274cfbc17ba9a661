package dev.certfleet.server.web;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list.
 *
 * @param items in the list's order
 * @param nextCursor what to send as {@code cursor} to get the next part; null where this was the last
 */
record Page<T>(List<T> items, @Nullable String nextCursor) {
    static final int DEFAULT_LIMIT = 100;
    static final int MOST = 1000;

    /** Checks a caller's limit. */
    static int limit(@Nullable Integer wanted) {
        if (wanted == null) {
            return DEFAULT_LIMIT;
        }
        if (wanted < 1 || wanted > MOST) {
            throw new ProblemException(ProblemType.MALFORMED_REQUEST, "'limit' is 1 to " + MOST);
        }
        return wanted;
    }

    /**
     * A page of what was found with one more than the limit.
     *
     * @param key what an item is found again by
     */
    static <R, T> Page<T> of(List<R> found, int limit, Function<R, String> key, Function<R, T> view) {
        boolean more = found.size() > limit;
        List<R> shown = more ? found.subList(0, limit) : found;
        return new Page<>(shown.stream().map(view).toList(), more ? cursor(key.apply(shown.getLast())) : null);
    }

    private static String cursor(String key) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(key.getBytes(StandardCharsets.UTF_8));
    }

    /** What a cursor stands for; null for the first page. */
    static <K> @Nullable K after(@Nullable String cursor, Function<String, K> read) {
        if (cursor == null) {
            return null;
        }
        try {
            String key = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            if (RequiredFields.isText(key)) {
                return read.apply(key);
            }
            throw new IllegalArgumentException("U+0000");
        } catch (IllegalArgumentException e) {
            throw new ProblemException(
                    ProblemType.MALFORMED_REQUEST, "'cursor' is none that a page of this list came with");
        }
    }
}
