package dev.certfleet.server.access;

import jakarta.persistence.Column;
import jakarta.persistence.Convert;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.hibernate.annotations.ColumnTransformer;
import org.jspecify.annotations.Nullable;

/** A person or program that runs the fleet. The row stays when the operator is removed, so that the name stays theirs. */
@Entity
@Table(name = "operator")
public class Operator {
    @Id
    private String name;

    @Convert(converter = GrantsColumn.class)
    @ColumnTransformer(write = "?::jsonb")
    private Grants grants;

    @Column(name = "created_at")
    private Instant createdAt;

    @Column(name = "removed_at")
    private @Nullable Instant removedAt;

    /** For JPA. */
    @SuppressWarnings("NullAway.Init")
    protected Operator() {}

    Operator(String name, Grants grants, Instant createdAt) {
        this.name = name;
        this.grants = grants;
        this.createdAt = createdAt;
    }

    public String name() {
        return name;
    }

    public Grants grants() {
        return grants;
    }

    public Instant createdAt() {
        return createdAt;
    }

    public boolean isRemoved() {
        return removedAt != null;
    }

    void remove(Instant at) {
        this.removedAt = at;
    }
}
