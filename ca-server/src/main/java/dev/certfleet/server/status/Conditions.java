package dev.certfleet.server.status;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
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
    static Reply apply(HttpFields request, Reply reply, String tag, Instant modified, Instant now) {
        String quoted = '"' + tag + '"';
        Instant lastModified = roundedUp(modified);
        Reply validated = reply.with("ETag", quoted);
        if (!lastModified.isAfter(now)) {
            validated = validated.with("Last-Modified", date(lastModified));
        }
        return isCurrent(request, quoted, lastModified) ? validated.notModified() : validated;
    }

    static String date(Instant time) {
        return HTTP_DATE.format(time);
    }

    /** If-Modified-Since counts only where there is no If-None-Match (RFC 9110 section 13.2.2). */
    private static boolean isCurrent(HttpFields request, String tag, Instant lastModified) {
        if (request.contains(HttpHeader.IF_NONE_MATCH)) {
            return request.getFields(HttpHeader.IF_NONE_MATCH).stream()
                    .map(HttpField::getValue)
                    .flatMap(value -> Arrays.stream(value.split(",")))
                    .map(String::strip)
                    .map(value -> value.startsWith("W/") ? value.substring(2) : value)
                    .anyMatch(value -> value.equals("*") || value.equals(tag));
        }
        Instant since = parse(request.get(HttpHeader.IF_MODIFIED_SINCE));
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
