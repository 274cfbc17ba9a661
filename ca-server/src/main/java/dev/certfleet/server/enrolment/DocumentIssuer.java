package dev.certfleet.server.enrolment;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.hibernate.annotations.DynamicUpdate;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** Whose signed documents count in a cluster, and which machines they let in. It never changes, it can be withdrawn. */
@Entity
@DynamicUpdate
@Table(name = "document_issuer")
public class DocumentIssuer {
    @Id
    private UUID id;

    private String cluster;

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

    @Column(name = "node_name_pattern")
    private String nodeNamePattern;

    @JdbcTypeCode(SqlTypes.ARRAY)
    private List<String> roles;

    @JdbcTypeCode(SqlTypes.JSON)
    private String constraints;

    @Column(name = "max_age_seconds")
    private int maxAgeSeconds;

    @Column(name = "created_by")
    private String createdBy;

    @Column(name = "created_at")
    private Instant createdAt;

    @Column(name = "withdrawn_at")
    private @Nullable Instant withdrawnAt;

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
        this.id = id;
        this.cluster = cluster;
        this.name = wanted.name();
        this.issuer = wanted.issuer();
        this.keys = wanted.keys();
        this.audience = wanted.audience();
        this.nodeNameClaim = wanted.nodeNameClaim();
        this.instanceClaim = wanted.instanceClaim();
        this.nonceClaim = wanted.nonceClaim();
        this.nodeNamePattern = wanted.nodeNamePattern();
        this.roles = wanted.roles().stream().distinct().toList();
        this.constraints = constraints;
        this.maxAgeSeconds = Math.toIntExact(wanted.maxAge().toSeconds());
        this.createdBy = createdBy;
        this.createdAt = createdAt;
    }

    void withdraw(Instant at) {
        if (withdrawnAt == null) {
            withdrawnAt = at;
        }
    }

    public UUID id() {
        return id;
    }

    public String cluster() {
        return cluster;
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

    /** A node's name, in which {@code *} stands for any characters. */
    public String nodeNamePattern() {
        return nodeNamePattern;
    }

    public List<String> roles() {
        return List.copyOf(roles);
    }

    /** JSON: an object from claims to the values of which each has to have one. */
    public String constraints() {
        return constraints;
    }

    /** How old a document may be that counts. */
    public Duration maxAge() {
        return Duration.ofSeconds(maxAgeSeconds);
    }

    public String createdBy() {
        return createdBy;
    }

    public Instant createdAt() {
        return createdAt;
    }

    public @Nullable Instant withdrawnAt() {
        return withdrawnAt;
    }
}
