package dev.certfleet.server.enrolment;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.hibernate.annotations.DynamicUpdate;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** Lets nodes of a name and role enrol, a number of times until a time. Only a hash of its secret is kept. */
@Entity
@DynamicUpdate
@Table(name = "enrolment_token")
public class EnrolmentToken {
    @Id
    private UUID id;

    private String cluster;

    @Column(name = "secret_hash")
    private byte[] secretHash;

    @Column(name = "node_name_pattern")
    private String nodeNamePattern;

    @JdbcTypeCode(SqlTypes.ARRAY)
    private List<String> roles;

    @Column(name = "max_uses")
    private int maxUses;

    private int uses;

    @Column(name = "expires_at")
    private Instant expiresAt;

    @Column(name = "created_by")
    private String createdBy;

    @Column(name = "created_at")
    private Instant createdAt;

    @Column(name = "withdrawn_at")
    private @Nullable Instant withdrawnAt;

    /** For JPA. */
    @SuppressWarnings("NullAway.Init")
    protected EnrolmentToken() {}

    EnrolmentToken(
            UUID id,
            String cluster,
            byte[] secretHash,
            String nodeNamePattern,
            List<String> roles,
            int maxUses,
            Instant expiresAt,
            String createdBy,
            Instant createdAt) {
        this.id = id;
        this.cluster = cluster;
        this.secretHash = secretHash;
        this.nodeNamePattern = nodeNamePattern;
        this.roles = roles;
        this.maxUses = maxUses;
        this.expiresAt = expiresAt;
        this.createdBy = createdBy;
        this.createdAt = createdAt;
    }

    /** Why a token lets nobody in. */
    enum Refusal {
        WITHDRAWN,
        EXPIRED,
        USED_UP
    }

    @Nullable
    Refusal refusal(Instant now) {
        if (withdrawnAt != null) {
            return Refusal.WITHDRAWN;
        }
        if (!now.isBefore(expiresAt)) {
            return Refusal.EXPIRED;
        }
        return uses >= maxUses ? Refusal.USED_UP : null;
    }

    boolean fits(String nodeName) {
        return NamePattern.fits(nodeNamePattern, nodeName);
    }

    void use() {
        uses++;
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

    /** A node's name, in which {@code *} stands for any characters. */
    public String nodeNamePattern() {
        return nodeNamePattern;
    }

    public List<String> roles() {
        return List.copyOf(roles);
    }

    public int maxUses() {
        return maxUses;
    }

    public int uses() {
        return uses;
    }

    public Instant expiresAt() {
        return expiresAt;
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
