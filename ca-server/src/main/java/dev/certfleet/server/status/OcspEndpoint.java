package dev.certfleet.server.status;

import dev.certfleet.server.ocsp.OcspAnswer;
import dev.certfleet.server.ocsp.OcspResponder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** OCSP over HTTP: RFC 6960 appendix A, with the caching headers of RFC 5019 section 6. */
@Component
class OcspEndpoint {
    /** More than a signed request for 100 certificates with the signer's chain takes. */
    static final int MAX_REQUEST = 64 * 1024;

    /** For all of a body; a client that stalls is cut off earlier, by the listener. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final String REQUEST_TYPE = "application/ocsp-request";
    private static final String RESPONSE_TYPE = "application/ocsp-response";

    private final OcspResponder responder;
    private final Clock clock;

    OcspEndpoint(OcspResponder responder, Clock clock) {
        this.responder = responder;
        this.clock = clock;
    }

    /** @param rest the path behind {@code /ocsp}, as it was sent */
    Reply answer(Request request, String rest) throws IOException {
        return switch (request.getMethod()) {
            case "POST" -> rest.isEmpty() || rest.equals("/") ? post(request) : Reply.notFound();
            case "GET", "HEAD" -> get(request, rest);
            default -> Reply.notAllowed("GET, HEAD, POST");
        };
    }

    private Reply post(Request request) throws IOException {
        if (!isOcspRequest(request.getHeaders().get(HttpHeader.CONTENT_TYPE))) {
            return Reply.problem(415, "the body has to be an " + REQUEST_TYPE);
        }
        if (request.getLength() > MAX_REQUEST) {
            return tooLarge();
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream(256);
        Instant giveUp = clock.instant().plus(PATIENCE);
        byte[] part = new byte[4096];
        try (InputStream in = Content.Source.asInputStream(request)) {
            for (int read = in.read(part); read >= 0; read = in.read(part)) {
                body.write(part, 0, read);
                if (body.size() > MAX_REQUEST) {
                    return tooLarge();
                }
                if (clock.instant().isAfter(giveUp)) {
                    return Reply.problem(408, "the body did not come within " + PATIENCE);
                }
            }
        }
        return Reply.ok(RESPONSE_TYPE, responder.answer(body.toByteArray()).der())
                .with("Cache-Control", "no-store");
    }

    private static Reply tooLarge() {
        return Reply.problem(413, "an OCSP request has at most " + MAX_REQUEST + " octets");
    }

    private static boolean isOcspRequest(@Nullable String contentType) {
        return contentType != null
                && contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(REQUEST_TYPE);
    }

    private Reply get(Request request, String rest) {
        byte[] der = decode(rest);
        if (der.length == 0) {
            return Reply.problem(400, "an OCSP request in base64 belongs behind /ocsp/, or into the body of a POST");
        }
        OcspAnswer answer = responder.answer(der);
        Reply reply = Reply.ok(RESPONSE_TYPE, answer.der());
        return switch (answer) {
            case OcspAnswer.Failed failed -> reply.with("Cache-Control", "no-store");
            case OcspAnswer.Signed signed ->
                signed.cacheable() ? cacheable(request, reply, signed) : reply.with("Cache-Control", "no-store");
        };
    }

    private Reply cacheable(Request request, Reply reply, OcspAnswer.Signed signed) {
        long maxAge = Math.max(
                0, Duration.between(clock.instant(), signed.nextUpdate()).toSeconds());
        return Conditions.apply(
                request.getHeaders(),
                reply.with("Cache-Control", "max-age=" + maxAge + ", public, no-transform, must-revalidate")
                        .with("Expires", Conditions.date(signed.nextUpdate())),
                sha1(signed.der()),
                signed.thisUpdate(),
                clock.instant());
    }

    /**
     * Base64, URL-encoded or not: its slashes may have come as they are, two of them in a row too. Empty where it is not
     * base64.
     */
    static byte[] decode(String rest) {
        int start = 0;
        while (start < rest.length() && rest.charAt(start) == '/') {
            start++;
        }
        try {
            String text = URLDecoder.decode(rest.substring(start).replace("+", "%2B"), StandardCharsets.UTF_8);
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    private static String sha1(byte[] octets) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(octets));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}
