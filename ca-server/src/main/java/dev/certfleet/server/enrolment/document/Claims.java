package dev.certfleet.server.enrolment.document;

import com.nimbusds.jwt.JWTClaimsSet;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What an issuer signed. */
public final class Claims {
    private final JWTClaimsSet claims;
    private final byte[] digest;

    Claims(JWTClaimsSet claims, byte[] digest) {
        this.claims = claims;
        this.digest = digest;
    }

    /** SHA-256 of what was signed: the same for the same document, whatever becomes of its signature. */
    public byte[] digest() {
        return digest.clone();
    }

    public List<String> audience() {
        return claims.getAudience();
    }

    public Optional<Instant> issuedAt() {
        return instant(claims.getIssueTime());
    }

    public Optional<Instant> notBefore() {
        return instant(claims.getNotBeforeTime());
    }

    public Optional<Instant> expiresAt() {
        return instant(claims.getExpirationTime());
    }

    private static Optional<Instant> instant(@Nullable Date date) {
        return Optional.ofNullable(date).map(Date::toInstant);
    }

    /**
     * A claim's value as text; empty where there is none, or it is an object or a list.
     *
     * @param claim a claim's name, or a JSON pointer (RFC 6901), which begins with a slash, into the claims
     */
    public Optional<String> text(String claim) {
        Object value = claims.getClaims();
        for (String name : claim.startsWith("/") ? claim.substring(1).split("/", -1) : new String[] {claim}) {
            String key = claim.startsWith("/") ? name.replace("~1", "/").replace("~0", "~") : name;
            value = value instanceof Map<?, ?> object ? object.get(key) : null;
        }
        return switch (value) {
            case String text -> Optional.of(text);
            case Number number -> Optional.of(number.toString());
            case Boolean flag -> Optional.of(flag.toString());
            case null, default -> Optional.empty();
        };
    }
}
