package dev.certfleet.server.rotation;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.CreateAuthority;
import dev.certfleet.server.authority.Generations;
import dev.certfleet.server.authority.OutsideAuthority;
import dev.certfleet.server.ledger.BlockedKeys;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * For a stolen CA key: every generation of the kind leaves the trust bundles at once, a new one issues, nodes renew, and what
 * the others issued is revoked. Nothing is waited for first. A rotation of the kind that is under way ends.
 */
@Component
public class EmergencyRotation {
    private final RotationRows rows;
    private final StartRotation start;
    private final Authorities authorities;
    private final CreateAuthority create;
    private final Generations generations;
    private final OutsideAuthority outside;
    private final Renewals renewals;
    private final BlockedKeys blockedKeys;
    private final AuditLog audit;

    EmergencyRotation(
            RotationRows rows,
            StartRotation start,
            Authorities authorities,
            CreateAuthority create,
            Generations generations,
            OutsideAuthority outside,
            Renewals renewals,
            BlockedKeys blockedKeys,
            AuditLog audit) {
        this.rows = rows;
        this.start = start;
        this.authorities = authorities;
        this.create = create;
        this.generations = generations;
        this.outside = outside;
        this.renewals = renewals;
        this.blockedKeys = blockedKeys;
        this.audit = audit;
    }

    /** The names of the authorities that would leave the trust bundles. */
    public List<String> trusted(@Nullable String cluster, AuthorityKind kind) {
        return authorities.generations(cluster, kind).stream()
                .filter(authority -> !authority.isWithdrawn())
                .map(Authority::name)
                .toList();
    }

    /** Whether certificates of this profile are revoked. */
    public static boolean isRevoked(String profile) {
        return RevokeAllOf.isRevoked(profile);
    }

    /** Keeps what it would change as it is until the caller's transaction ends. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void lock(@Nullable String cluster, AuthorityKind kind) {
        rows.takeTurns(cluster, kind);
        rows.lockUnderWay(cluster, kind);
        renewals.lockNodes(cluster);
        blockedKeys.keepFromIssuing(cluster);
    }

    /**
     * In the caller's transaction, after {@link #lock}.
     *
     * @return the names of the authorities that left the trust bundles
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public List<String> start(@Nullable String cluster, AuthorityKind kind, String actor) {
        Authority outgoing = authorities.active(cluster, kind).orElseThrow();
        rows.lockUnderWay(cluster, kind).ifPresent(rotation -> end(rotation, actor));

        // 1. Out of the bundles, before a successor can be active
        List<String> stolen = trusted(cluster, kind);
        StartRotation.Place place = start.place(cluster);
        String successor = create.nextName(cluster, kind);
        stolen.forEach(name -> generations.withdraw(name, successor, actor));

        // 2. A new one, which no stolen key vouches for
        Authority incoming =
                create.create(cluster, kind, outgoing.keyAlgorithm(), place.statusUrl(), place.crlShards(), actor);

        // 3. What follows is done by and by
        start.insert(
                start.rotation(cluster, kind, outgoing.name(), incoming.name(), true, Step.REVOKING, actor), actor);
        renewals.demand(cluster, kind, actor);
        return stolen;
    }

    private void end(Rotation rotation, String actor) {
        if (rotation.step() == Step.AWAITING_CERTIFICATE) {
            outside.giveUp(rotation.incoming());
        }
        rows.moveTo(rotation, Step.ABORTED);
        audit.append(
                actor,
                new AuditEvent.RotationAborted(
                        rotation.cluster(),
                        rotation.id().toString(),
                        rotation.kind().label(),
                        "an emergency rotation took its place"));
    }
}
