package dev.certfleet.server.enrolment;

import jakarta.persistence.Column;
import jakarta.persistence.Id;
import jakarta.persistence.MappedSuperclass;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** What lets nodes of a name and roles into a cluster, until somebody withdraws it: by which evidence, a subclass says. */
@MappedSuperclass
public abstract class Admission {
    @Id
    private UUID id;

    private String cluster;

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
    protected Admission() {}

    Admission(
            UUID id, String cluster, String nodeNamePattern, List<String> roles, String createdBy, Instant createdAt) {
        this.id = id;
        this.cluster = cluster;
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

    /** Null where it counts. */
    public @Nullable Instant withdrawnAt() {
        return withdrawnAt;
    }
}
