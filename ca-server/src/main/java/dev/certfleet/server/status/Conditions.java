package dev.certfleet.server.status;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Validators and conditional requests (RFC 9110 sections 8.8 and 13). */
final class Conditions {
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    private Conditions() {}

    /**
     * The reply with its validators, or 304 where the client has it already. Last-Modified has whole seconds: rounded up, and
     * left out until that second has come, it never tells two versions of the same second to be one.
     *
     * @param tag without quotes
     */
    static Reply apply(Request request, Reply reply, String tag, Instant modified, Instant now) {
        Instant lastModified = roundedUp(modified);
        Reply validated = validated(reply, tag, lastModified, now);
        return hasTag(request, tag) || isCurrent(request, lastModified) ? validated.notModified() : validated;
    }

    /**
     * The same, but the client's date counts for nothing: servers sign for themselves, so that a {@code good} may be dated
     * after a {@code revoked}.
     */
    static Reply applyTag(Request request, Reply reply, String tag, Instant modified, Instant now) {
        Reply validated = validated(reply, tag, roundedUp(modified), now);
        return hasTag(request, tag) ? validated.notModified() : validated;
    }

    private static Reply validated(Reply reply, String tag, Instant lastModified, Instant now) {
        Reply tagged = reply.with("ETag", '"' + tag + '"');
        return lastModified.isAfter(now) ? tagged : tagged.with("Last-Modified", date(lastModified));
    }

    static String date(Instant time) {
        return HttpDate.of(time.getEpochSecond());
    }

    private static boolean hasTag(Request request, String tag) {
        if (request.header("If-None-Match") == null) {
            return false;
        }
        String quoted = '"' + tag + '"';
        return request.headers("If-None-Match").stream()
                .flatMap(value -> Arrays.stream(value.split(",")))
                .map(String::strip)
                .map(value -> value.startsWith("W/") ? value.substring(2) : value)
                .anyMatch(value -> value.equals("*") || value.equals(quoted));
    }

    /** If-Modified-Since counts only where there is no If-None-Match (RFC 9110 section 13.2.2). */
    private static boolean isCurrent(Request request, Instant lastModified) {
        String date = request.header("If-Modified-Since");
        Instant since = date == null || request.header("If-None-Match") != null ? null : parse(date);
        return since != null && !lastModified.isAfter(since);
    }

    private static @Nullable Instant parse(@Nullable String date) {
        try {
            return date == null ? null : HTTP_DATE.parse(date, Instant::from);
        } catch (DateTimeParseException e) {
            return null; // a date that is not one is no condition (RFC 9110 section 13.1.3)
        }
    }

    private static Instant roundedUp(Instant time) {
        Instant second = time.truncatedTo(ChronoUnit.SECONDS);
        return second.equals(time) ? second : second.plusSeconds(1);
    }
}
