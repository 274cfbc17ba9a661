package dev.certfleet.server.enrolment;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.DynamicUpdate;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** Whose signed documents count in a cluster, and which machines they let in. It never changes, it can be withdrawn. */
@Entity
@DynamicUpdate
@Table(name = "document_issuer")
public class DocumentIssuer extends Admission {
    private String name;

    private String issuer;

    private String keys;

    private String audience;

    @Column(name = "node_name_claim")
    private String nodeNameClaim;

    @Column(name = "instance_claim")
    private String instanceClaim;

    @Column(name = "nonce_claim")
    private @Nullable String nonceClaim;

    @JdbcTypeCode(SqlTypes.JSON)
    private String constraints;

    @Column(name = "max_age_seconds")
    private int maxAgeSeconds;

    /** For JPA. */
    @SuppressWarnings("NullAway.Init")
    protected DocumentIssuer() {}

    DocumentIssuer(
            UUID id,
            String cluster,
            NewDocumentIssuer wanted,
            String constraints,
            String createdBy,
            Instant createdAt) {
        super(
                id,
                cluster,
                wanted.nodeNamePattern(),
                wanted.roles().stream().distinct().toList(),
                createdBy,
                createdAt);
        this.name = wanted.name();
        this.issuer = wanted.issuer();
        this.keys = wanted.keys();
        this.audience = wanted.audience();
        this.nodeNameClaim = wanted.nodeNameClaim();
        this.instanceClaim = wanted.instanceClaim();
        this.nonceClaim = wanted.nonceClaim();
        this.constraints = constraints;
        this.maxAgeSeconds = Math.toIntExact(wanted.maxAge().toSeconds());
    }

    /** Unique in its cluster among those that were not withdrawn. */
    public String name() {
        return name;
    }

    /** What its documents have in {@code iss}. */
    public String issuer() {
        return issuer;
    }

    /** Its JWK set, JSON. */
    public String keys() {
        return keys;
    }

    /** What its documents have to have in {@code aud}. */
    public String audience() {
        return audience;
    }

    /** The claim with the node's name: a name, or a JSON pointer (RFC 6901). */
    public String nodeNameClaim() {
        return nodeNameClaim;
    }

    /** The claim that tells the machine from all others of the issuer, now and later. */
    public String instanceClaim() {
        return instanceClaim;
    }

    /** The claim with the caller's nonce; null where the issuer takes none. */
    public @Nullable String nonceClaim() {
        return nonceClaim;
    }

    /** JSON: an object from claims to the values of which each has to have one. */
    public String constraints() {
        return constraints;
    }

    /** How old a document may be that counts. */
    public Duration maxAge() {
        return Duration.ofSeconds(maxAgeSeconds);
    }
}
