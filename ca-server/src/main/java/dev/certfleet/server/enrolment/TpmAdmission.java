package dev.certfleet.server.enrolment;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.hibernate.annotations.DynamicUpdate;
import org.jspecify.annotations.Nullable;

/** Lets machines enrol by their TPM: the one with this endorsement key, or all whose key one of these authorities certified. */
@Entity
@DynamicUpdate
@Table(name = "tpm_admission")
public class TpmAdmission extends Admission {
    @Column(name = "endorsement_key")
    private byte @Nullable [] endorsementKey;

    @Column(name = "endorsement_authorities")
    private @Nullable String endorsementAuthorities;

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
        super(id, cluster, nodeNamePattern, roles, createdBy, createdAt);
        this.endorsementKey = endorsementKey;
        this.endorsementAuthorities = endorsementAuthorities;
    }

    /** SHA-256 over its SubjectPublicKeyInfo; null where authorities are given. */
    public byte @Nullable [] endorsementKey() {
        return endorsementKey == null ? null : endorsementKey.clone();
    }

    /** CA certificates, PEM; null where a key is given. */
    public @Nullable String endorsementAuthorities() {
        return endorsementAuthorities;
    }
}
