package dev.certfleet.server.rotation;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.Generations;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.recovery.DatabaseState;
import java.util.UUID;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Takes each rotation on when what it waits for is there. Every server tries; a step and what it changes are one transaction under
 * the lock of the rotation's row, so a crash leaves it before the step or after it, and whoever comes next goes on from there.
 */
@Component
public class AdvanceRotations {
    /** Who does what a rotation does by itself. */
    private static final String ACTOR = "server";

    private final RotationRows rows;
    private final Progress progress;
    private final Authorities authorities;
    private final Generations generations;
    private final Renewals renewals;
    private final RevokeAllOf revokeAllOf;
    private final BlockedKeys blockedKeys;
    private final DatabaseState databaseState;
    private final AuditLog audit;
    private final TransactionTemplate transaction;

    AdvanceRotations(
            RotationRows rows,
            Progress progress,
            Authorities authorities,
            Generations generations,
            Renewals renewals,
            RevokeAllOf revokeAllOf,
            BlockedKeys blockedKeys,
            DatabaseState databaseState,
            AuditLog audit,
            PlatformTransactionManager transactions) {
        this.rows = rows;
        this.progress = progress;
        this.authorities = authorities;
        this.generations = generations;
        this.renewals = renewals;
        this.revokeAllOf = revokeAllOf;
        this.blockedKeys = blockedKeys;
        this.databaseState = databaseState;
        this.audit = audit;
        this.transaction = new TransactionTemplate(transactions);
    }

    /** Looks at each rotation that is under way, and takes it one step on where it can go. One that fails holds up no other. */
    public void all() {
        if (databaseState.isBehind()) {
            return;
        }
        RuntimeException failure = null;
        for (Rotation rotation : rows.underWay()) {
            try {
                transaction.executeWithoutResult(status -> advance(rotation.id()));
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void advance(UUID id) {
        rows.lockIfFree(id).map(this::following).ifPresent(rotation -> {
            switch (rotation.step()) {
                case AWAITING_CERTIFICATE, DONE, ABORTED -> {}
                case LOADING -> loading(rotation);
                case REVOKING -> revoking(rotation);
                case RENEWING -> renewing(rotation);
                case UNLOADING -> unloading(rotation);
            }
        });
    }

    /** A revocation can withdraw the new authority too; then the rotation is to the one that issues instead. */
    private Rotation following(Rotation rotation) {
        if (rotation.step() == Step.AWAITING_CERTIFICATE
                || !authorities.named(rotation.incoming()).orElseThrow().isWithdrawn()) {
            return rotation;
        }
        return rows.follow(
                rotation,
                authorities
                        .active(rotation.cluster(), rotation.kind())
                        .orElseThrow()
                        .name());
    }

    private void loading(Rotation rotation) {
        int nodes = progress.nodes(rotation).size();
        boolean issuesAlready =
                authorities.named(rotation.incoming()).orElseThrow().is(Authority.State.ACTIVE);
        if (nodes > 0 && !issuesAlready) {
            rows.waitsFor(rotation, nodes);
            return;
        }
        switchIssuance(rotation);
        next(rotation, Step.RENEWING, ACTOR, false);
    }

    /** From this transaction's end on, nothing is recorded of any other generation. */
    private void switchIssuance(Rotation rotation) {
        renewals.lockNodes(rotation.cluster());
        blockedKeys.keepFromIssuing(rotation.cluster());
        generations.activate(rotation.incoming());
        renewals.demand(rotation.cluster(), rotation.kind(), ACTOR);
    }

    private void revoking(Rotation rotation) {
        if (revokeAllOf.some(rotation, progress.others(rotation)) == 0) {
            next(rotation, Step.RENEWING, ACTOR, false);
        }
    }

    private void renewing(Rotation rotation) {
        int certificates = progress.certificates(rotation);
        if (certificates > 0) {
            rows.waitsFor(rotation, certificates);
            return;
        }
        withdrawOthers(rotation, ACTOR, false);
    }

    private void unloading(Rotation rotation) {
        int nodes = progress.nodes(rotation).size();
        if (nodes > 0) {
            rows.waitsFor(rotation, nodes);
            return;
        }
        next(rotation, Step.DONE, ACTOR, false);
    }

    private void withdrawOthers(Rotation rotation, String actor, boolean forced) {
        for (String other : progress.others(rotation)) {
            generations.withdraw(other, rotation.incoming(), actor);
        }
        next(rotation, Step.UNLOADING, actor, forced);
    }

    /** By an operator's word, whatever it waits for; the caller's transaction has the rotation locked at this step. */
    @Transactional(propagation = Propagation.MANDATORY)
    void force(Rotation rotation, String actor) {
        switch (rotation.step()) {
            case RENEWING -> withdrawOthers(rotation, actor, true);
            case UNLOADING -> next(rotation, Step.DONE, actor, true);
            case AWAITING_CERTIFICATE, LOADING, REVOKING, DONE, ABORTED ->
                throw new IllegalStateException("a rotation that is " + rotation.step() + " cannot be forced");
        }
    }

    private void next(Rotation rotation, Step step, String actor, boolean forced) {
        rows.moveTo(rotation, step);
        audit.append(
                actor,
                new AuditEvent.RotationAdvanced(
                        rotation.cluster(),
                        rotation.id().toString(),
                        rotation.kind().label(),
                        step.label(),
                        forced));
    }
}
