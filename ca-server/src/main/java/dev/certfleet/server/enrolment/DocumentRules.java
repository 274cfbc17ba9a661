package dev.certfleet.server.enrolment;

import dev.certfleet.server.enrolment.document.Claims;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether a document whose signature is good is for this cluster, fresh, and of a machine that the operator wants. */
final class DocumentRules {
    /** How far two clocks may be apart. */
    static final Duration SKEW = Duration.ofSeconds(60);

    private static final String AUDIENCE = "aud";
    private static final int LONGEST_VALUE = 512;

    private DocumentRules() {}

    /**
     * @param nonce what the document holds where the issuer takes a nonce
     * @return the first rule that is broken, in words; empty where all hold
     */
    static Optional<String> broken(
            Claims claims, DocumentIssuer issuer, Map<String, List<String>> constraints, String nonce, Instant now) {
        boolean nonceInAudience = AUDIENCE.equals(issuer.nonceClaim());
        String audience = nonceInAudience ? issuer.audience() + "#" + nonce : issuer.audience();
        if (!claims.audience().contains(audience)) {
            return Optional.of("the document is for another audience than "
                    + (nonceInAudience ? issuer.audience() + "# and the request's nonce" : audience));
        }
        if (issuer.nonceClaim() != null
                && !nonceInAudience
                && !claims.text(issuer.nonceClaim()).equals(Optional.of(nonce))) {
            return Optional.of("the document's nonce is not for the request's key");
        }
        Optional<String> time = outOfTime(claims, issuer.maxAge(), now);
        if (time.isPresent()) {
            return time;
        }
        for (Map.Entry<String, List<String>> constraint : constraints.entrySet()) {
            Optional<String> value = claims.text(constraint.getKey());
            if (value.isEmpty() || !constraint.getValue().contains(value.get())) {
                return Optional.of(
                        "the document's claim " + constraint.getKey() + " is not what the issuer's entry asks");
            }
        }
        if (claims.text(issuer.instanceClaim()).filter(DocumentRules::isValue).isEmpty()) {
            return Optional.of("the document has no claim " + issuer.instanceClaim() + " to tell the machine by");
        }
        Optional<String> name = claims.text(issuer.nodeNameClaim()).filter(Wishes::isName);
        if (name.isEmpty()) {
            return Optional.of("the document's claim " + issuer.nodeNameClaim() + " is no node's name");
        }
        return NamePattern.fits(issuer.nodeNamePattern(), name.get())
                ? Optional.empty()
                : Optional.of("the document is for " + name.get() + ", not a node named " + issuer.nodeNamePattern());
    }

    /** RFC 7519 sections 4.1.4 to 4.1.6; both times are needed, for what has none would count for ever. */
    private static Optional<String> outOfTime(Claims claims, Duration maxAge, Instant now) {
        Optional<Instant> issued = claims.issuedAt();
        Optional<Instant> expires = claims.expiresAt();
        if (issued.isEmpty() || expires.isEmpty()) {
            return Optional.of("the document lacks 'iat' or 'exp'");
        }
        if (issued.get().isAfter(now.plus(SKEW))
                || claims.notBefore().orElse(issued.get()).isAfter(now.plus(SKEW))) {
            return Optional.of("the document is of the future; is a clock wrong?");
        }
        if (!now.isBefore(expires.get())) {
            return Optional.of("the document has expired");
        }
        return issued.get().plus(maxAge).isBefore(now)
                ? Optional.of("the document is older than " + maxAge.toSeconds() + " s")
                : Optional.empty();
    }

    /** Until when a document counts; after that it need not be remembered. */
    static Instant countsUntil(Claims claims, DocumentIssuer issuer) {
        Instant byAge = claims.issuedAt().orElseThrow().plus(issuer.maxAge());
        Instant expires = claims.expiresAt().orElseThrow();
        return (byAge.isBefore(expires) ? byAge : expires).plus(SKEW);
    }

    private static boolean isValue(String text) {
        return !text.isEmpty() && text.length() <= LONGEST_VALUE;
    }
}
