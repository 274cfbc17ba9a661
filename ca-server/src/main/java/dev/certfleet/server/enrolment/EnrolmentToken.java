package dev.certfleet.server.enrolment;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.hibernate.annotations.DynamicUpdate;
import org.jspecify.annotations.Nullable;

/** Lets nodes of a name and role enrol, a number of times until a time. Only a hash of its secret is kept. */
@Entity
@DynamicUpdate
@Table(name = "enrolment_token")
public class EnrolmentToken extends Admission {
    @Column(name = "secret_hash")
    private byte[] secretHash;

    @Column(name = "max_uses")
    private int maxUses;

    private int uses;

    @Column(name = "expires_at")
    private Instant expiresAt;

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
        super(id, cluster, nodeNamePattern, roles, createdBy, createdAt);
        this.secretHash = secretHash;
        this.maxUses = maxUses;
        this.expiresAt = expiresAt;
    }

    /** Why a token lets nobody in. */
    enum Refusal {
        WITHDRAWN,
        EXPIRED,
        USED_UP
    }

    @Nullable
    Refusal refusal(Instant now) {
        if (withdrawnAt() != null) {
            return Refusal.WITHDRAWN;
        }
        if (!now.isBefore(expiresAt)) {
            return Refusal.EXPIRED;
        }
        return uses >= maxUses ? Refusal.USED_UP : null;
    }

    boolean fits(String nodeName) {
        return NamePattern.fits(nodeNamePattern(), nodeName);
    }

    void use() {
        uses++;
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
}
