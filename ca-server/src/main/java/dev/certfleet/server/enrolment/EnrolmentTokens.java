package dev.certfleet.server.enrolment;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.x509.Violation;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Makes and withdraws enrolment tokens. */
@Component
public class EnrolmentTokens {
    /** The longest that a token may live. */
    public static final Duration LONGEST = Duration.ofDays(90);

    /** The most nodes that one token may let in. */
    public static final int MOST_USES = 10_000;

    private static final String PREFIX = "cft_";
    private static final int SECRET_BYTES = 32;

    private final EnrolmentTokenRepository tokens;
    private final AuditLog audit;
    private final Clock clock;
    private final SecureRandom random;

    EnrolmentTokens(EnrolmentTokenRepository tokens, AuditLog audit, Clock clock, SecureRandom random) {
        this.tokens = tokens;
        this.audit = audit;
        this.clock = clock;
        this.random = random;
    }

    /** What came of asking for a token. */
    public sealed interface Creation {
        /**
         * @param token what is kept
         * @param secret what the node has to show; it is not kept and cannot be had again
         */
        record Created(EnrolmentToken token, String secret) implements Creation {}

        record Refused(List<Violation> violations) implements Creation {}
    }

    /**
     * @param nodeNamePattern a node's name, in which {@code *} stands for any characters
     * @param roles at least one
     * @param maxUses from 1 to {@link #MOST_USES}
     * @param lifetime from now, at most {@link #LONGEST}
     */
    @Transactional
    public Creation create(
            String cluster, String nodeNamePattern, List<String> roles, int maxUses, Duration lifetime, String actor) {
        List<Violation> violations = violations(nodeNamePattern, roles, maxUses, lifetime);
        if (!violations.isEmpty()) {
            return new Creation.Refused(violations);
        }
        byte[] octets = new byte[SECRET_BYTES];
        random.nextBytes(octets);
        String secret = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
        Instant now = clock.instant();
        EnrolmentToken token = tokens.saveAndFlush(new EnrolmentToken(
                UUID.randomUUID(),
                cluster,
                hash(secret),
                nodeNamePattern,
                roles.stream().distinct().toList(),
                maxUses,
                now.plus(lifetime),
                actor,
                now));
        audit.append(
                actor,
                new AuditEvent.EnrolmentTokenCreated(
                        cluster, token.id().toString(), nodeNamePattern, token.roles(), maxUses));
        return new Creation.Created(token, secret);
    }

    private static List<Violation> violations(
            String nodeNamePattern, List<String> roles, int maxUses, Duration lifetime) {
        List<Violation> violations = NamePattern.violations(nodeNamePattern, roles, "a token");
        if (maxUses < 1 || maxUses > MOST_USES) {
            violations.add(new Violation("max-uses", "a token can be used 1 to " + MOST_USES + " times"));
        }
        if (lifetime.compareTo(Duration.ofSeconds(1)) < 0 || lifetime.compareTo(LONGEST) > 0) {
            violations.add(new Violation("expires-in", "a token lives for a second to " + LONGEST.toDays() + " days"));
        }
        return violations;
    }

    /** Lets nobody in with it from now on; false where the cluster has no such token. */
    @Transactional
    public boolean withdraw(String cluster, UUID id, String actor) {
        Optional<EnrolmentToken> token = tokens.findByClusterAndId(cluster, id);
        token.ifPresent(found -> {
            found.withdraw(clock.instant());
            audit.append(actor, new AuditEvent.EnrolmentTokenWithdrawn(cluster, id.toString()));
        });
        return token.isPresent();
    }

    /** Newest first. */
    public List<EnrolmentToken> ofCluster(String cluster) {
        return tokens.findByClusterOrderByCreatedAtDesc(cluster);
    }

    public Optional<EnrolmentToken> named(String cluster, UUID id) {
        return tokens.findByClusterAndId(cluster, id);
    }

    /** SHA-256: the secret has 256 random bits, so a slow hash would protect nothing more. */
    static byte[] hash(String secret) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
