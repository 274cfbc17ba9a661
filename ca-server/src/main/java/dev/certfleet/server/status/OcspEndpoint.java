package dev.certfleet.server.status;

import dev.certfleet.server.ocsp.OcspAnswer;
import dev.certfleet.server.ocsp.OcspResponder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** OCSP over HTTP: RFC 6960 appendix A, with the caching headers of RFC 5019 section 6. */
@Component
class OcspEndpoint {
    /** More than a signed request for 100 certificates with the signer's chain takes. */
    static final int MAX_REQUEST = 64 * 1024;

    private static final String REQUEST_TYPE = "application/ocsp-request";
    private static final String RESPONSE_TYPE = "application/ocsp-response";

    /** Of the signature: within the first number of an ECDSA signature, which is random. */
    private static final int TAG_FROM = 8;

    private static final int TAG_TO = 24;

    private final OcspResponder responder;
    private final Clock clock;

    OcspEndpoint(OcspResponder responder, Clock clock) {
        this.responder = responder;
        this.clock = clock;
    }

    /**
     * What is said to a request whose body nobody has to read.
     *
     * @param rest the path behind {@code /ocsp}, as it was sent
     * @param declaredLength of the body, by Content-Length
     * @return null where the body is to be read
     */
    @Nullable
    Reply refusal(Request request, String rest, long declaredLength) {
        return switch (request.method()) {
            case "POST" -> {
                if (!rest.isEmpty() && !rest.equals("/")) {
                    yield Reply.notFound();
                } else if (!isOcspRequest(request.header("Content-Type"))) {
                    yield Reply.problem(415, "the body has to be an " + REQUEST_TYPE);
                }
                yield declaredLength > MAX_REQUEST ? tooLarge() : null;
            }
            case "GET", "HEAD" -> null;
            default -> Reply.notAllowed("GET, HEAD, POST");
        };
    }

    static Reply tooLarge() {
        return Reply.problem(413, "an OCSP request has at most " + MAX_REQUEST + " octets");
    }

    private static boolean isOcspRequest(@Nullable String contentType) {
        return contentType != null
                && (contentType.equals(REQUEST_TYPE)
                        || contentType
                                .split(";", 2)[0]
                                .strip()
                                .toLowerCase(Locale.ROOT)
                                .equals(REQUEST_TYPE));
    }

    /** The answer to a request that was not refused; null where {@link #answer} has to be asked, which may wait. */
    @Nullable
    Reply answerAtOnce(Request request, String rest, byte[] body) {
        byte[] der = isPost(request) ? body : decode(rest);
        if (der == null) {
            return notBase64();
        }
        OcspAnswer answer = responder.answerAtOnce(der);
        return answer == null ? null : reply(request, answer);
    }

    Reply answer(Request request, String rest, byte[] body) {
        byte[] der = isPost(request) ? body : decode(rest);
        return der == null ? notBase64() : reply(request, responder.answer(der));
    }

    private static boolean isPost(Request request) {
        return request.method().equals("POST");
    }

    private static Reply notBase64() {
        return Reply.problem(400, "an OCSP request in base64 belongs behind /ocsp/, or into the body of a POST");
    }

    private Reply reply(Request request, OcspAnswer answer) {
        Reply reply = Reply.ok(RESPONSE_TYPE, answer.der());
        return switch (answer) {
            case OcspAnswer.Signed signed
            when signed.cacheable() && !isPost(request) -> cacheable(request, reply, signed);
            case OcspAnswer.Signed signed -> reply.with("Cache-Control", "no-store");
            case OcspAnswer.Failed failed -> reply.with("Cache-Control", "no-store");
        };
    }

    private Reply cacheable(Request request, Reply reply, OcspAnswer.Signed signed) {
        Instant now = clock.instant();
        long maxAge = Math.max(0, Duration.between(now, signed.nextUpdate()).toSeconds());
        Reply cacheable = reply.with("Cache-Control", "max-age=" + maxAge + ", public, no-transform, must-revalidate")
                .with("Expires", Conditions.date(signed.nextUpdate()));
        OcspAnswer.Validator validator = signed.validator();
        if (validator == null) {
            return cacheable;
        }
        String tag = HexFormat.of().formatHex(validator.signature(), TAG_FROM, TAG_TO);
        Instant modified = validator.producedAt().plusSeconds(1);
        return validator.revoked()
                ? Conditions.applyTag(request, cacheable, tag, modified, now)
                : Conditions.apply(request, cacheable, tag, modified, now);
    }

    /**
     * Base64, URL-encoded or not: its slashes may have come as they are, two of them in a row too. Null where it is not
     * base64, or nothing.
     */
    static byte @Nullable [] decode(String rest) {
        int start = 0;
        while (start < rest.length() && rest.charAt(start) == '/') {
            start++;
        }
        byte[] text = new byte[rest.length() - start];
        int length = 0;
        for (int i = start; i < rest.length(); i++) {
            char c = rest.charAt(i);
            if (c == '%') {
                if (i + 2 >= rest.length()
                        || !HexFormat.isHexDigit(rest.charAt(i + 1))
                        || !HexFormat.isHexDigit(rest.charAt(i + 2))) {
                    return null;
                }
                text[length++] = (byte) HexFormat.fromHexDigits(rest, i + 1, i + 3);
                i += 2;
            } else if (c < 0x80) {
                text[length++] = (byte) c;
            } else {
                return null;
            }
        }
        try {
            byte[] der =
                    Base64.getDecoder().decode(length == text.length ? text : java.util.Arrays.copyOf(text, length));
            return der.length == 0 ? null : der;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
