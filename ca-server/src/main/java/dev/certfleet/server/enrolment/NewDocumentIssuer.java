package dev.certfleet.server.enrolment;

import dev.certfleet.server.enrolment.document.DocumentFormatException;
import dev.certfleet.server.enrolment.document.IssuerKeys;
import dev.certfleet.server.x509.Violation;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An issuer as an operator wants it.
 *
 * @param name a label of its own in the cluster
 * @param issuer what its documents have in {@code iss}
 * @param keys its JWK set, JSON
 * @param audience what its documents have in {@code aud}: a URI of this installation that ends with the cluster's name
 * @param nodeNameClaim the claim with the node's name: a name, or a JSON pointer (RFC 6901)
 * @param instanceClaim the claim that tells the machine from all others, now and later
 * @param nonceClaim the claim with a nonce that the caller chooses; {@code aud} where the audience ends with {@code #} and it
 * @param nodeNamePattern a node's name, in which {@code *} stands for any characters
 * @param roles at least one
 * @param constraints claims, and the values of which each has to have one
 * @param maxAge since {@code iat}, a second to {@link #LONGEST_AGE}
 */
public record NewDocumentIssuer(
        String name,
        String issuer,
        String keys,
        String audience,
        String nodeNameClaim,
        String instanceClaim,
        @Nullable String nonceClaim,
        String nodeNamePattern,
        List<String> roles,
        Map<String, List<String>> constraints,
        Duration maxAge) {
    public static final Duration LONGEST_AGE = Duration.ofHours(24);

    private static final int MOST_CONSTRAINTS = 32;
    private static final int MOST_VALUES = 256;
    private static final int LONGEST = 512;

    List<Violation> violations(String cluster) {
        List<Violation> violations = NamePattern.violations(nodeNamePattern, roles, "an issuer");
        if (!name.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")) {
            violations.add(new Violation("name", "an issuer's name is a DNS label in lower case (RFC 1123)"));
        }
        if (!isPlain(issuer)) {
            violations.add(
                    new Violation("issuer", "'issuer' is what its documents have in 'iss', at most 512 characters"));
        }
        if (!isPlain(audience) || !isOf(cluster)) {
            violations.add(new Violation(
                    "audience",
                    "'audience' is a URI that names this installation and ends with /" + cluster
                            + ", such as https://ca.example.org/" + cluster
                            + ": a document for another cluster must not count here"));
        }
        claim("nodeNameClaim", nodeNameClaim, violations);
        claim("instanceClaim", instanceClaim, violations);
        if (nonceClaim != null) {
            claim("nonceClaim", nonceClaim, violations);
        }
        constraints(violations);
        if (maxAge.compareTo(Duration.ofSeconds(1)) < 0 || maxAge.compareTo(LONGEST_AGE) > 0) {
            violations.add(
                    new Violation("max-age", "'maxAge' is from a second to " + LONGEST_AGE.toHours() + " hours"));
        }
        try {
            IssuerKeys.read(keys);
        } catch (DocumentFormatException e) {
            violations.add(new Violation("jwks", String.valueOf(e.getMessage())));
        }
        return violations;
    }

    private boolean isOf(String cluster) {
        try {
            URI uri = new URI(audience);
            String path = uri.getPath();
            return uri.isAbsolute()
                    && uri.getHost() != null
                    && uri.getFragment() == null
                    && uri.getQuery() == null
                    && path.endsWith("/" + cluster);
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static void claim(String field, String claim, List<Violation> violations) {
        if (!isPlain(claim)) {
            violations.add(new Violation(
                    "claim", "'" + field + "' is a claim's name or a JSON pointer such as /google/instance_id"));
        }
    }

    private void constraints(List<Violation> violations) {
        if (constraints.size() > MOST_CONSTRAINTS) {
            violations.add(new Violation("constraints", "there are at most " + MOST_CONSTRAINTS + " constraints"));
        }
        constraints.forEach((claim, values) -> {
            claim("constraints", claim, violations);
            boolean good = values != null
                    && !values.isEmpty()
                    && values.size() <= MOST_VALUES
                    && values.stream().allMatch(NewDocumentIssuer::isPlain);
            if (!good) {
                violations.add(new Violation(
                        "constraints",
                        "each constraint has 1 to " + MOST_VALUES + " values, of at most 512 characters"));
            }
        });
    }

    private static boolean isPlain(@Nullable String text) {
        return text != null
                && !text.isEmpty()
                && text.length() <= LONGEST
                && text.chars().noneMatch(Character::isISOControl)
                && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }
}
