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

/** Lets machines enrol by their TPM: the one with this endorsement key, or all whose key one of these authorities certified. */
@Entity
@DynamicUpdate
@Table(name = "tpm_admission")
public class TpmAdmission {
    @Id
    private UUID id;

    private String cluster;

    @Column(name = "endorsement_key")
    private byte @Nullable [] endorsementKey;

    @Column(name = "endorsement_authorities")
    private @Nullable String endorsementAuthorities;

    @Column(name = "node_name_pattern")
    private String nodeNamePattern;

    @JdbcTypeCode(SqlTypes.ARRAY)
    private List<String> roles;

    @Column(name = "created_by")
    private String createdBy;

    @Column(name = "created_at")
    private Instant createdAt;

    @Column(name = "withdrawn_at")
    private @Nullable Instant withdrawnAt;

    /** For JPA. */
    @SuppressWarnings("NullAway.Init")
    protected TpmAdmission() {}

    TpmAdmission(
            UUID id,
            String cluster,
            byte @Nullable [] endorsementKey,
            @Nullable String endorsementAuthorities,
            String nodeNamePattern,
            List<String> roles,
            String createdBy,
            Instant createdAt) {
        this.id = id;
        this.cluster = cluster;
        this.endorsementKey = endorsementKey;
        this.endorsementAuthorities = endorsementAuthorities;
        this.nodeNamePattern = nodeNamePattern;
        this.roles = roles;
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

    /** SHA-256 over its SubjectPublicKeyInfo; null where authorities are given. */
    public byte @Nullable [] endorsementKey() {
        return endorsementKey == null ? null : endorsementKey.clone();
    }

    /** CA certificates, PEM; null where a key is given. */
    public @Nullable String endorsementAuthorities() {
        return endorsementAuthorities;
    }

    /** A node's name, in which {@code *} stands for any characters. */
    public String nodeNamePattern() {
        return nodeNamePattern;
    }

    public List<String> roles() {
        return List.copyOf(roles);
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
