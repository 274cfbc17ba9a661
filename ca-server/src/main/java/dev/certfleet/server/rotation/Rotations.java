package dev.certfleet.server.rotation;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.authority.Generations;
import dev.certfleet.server.authority.OutsideAuthority;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.x509.Violation;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** The rotations of a cluster or the installation, and what operators do with one that is under way. */
@Component
public class Rotations {
    private final RotationRows rows;
    private final AdvanceRotations advance;
    private final Generations generations;
    private final OutsideAuthority outside;
    private final StartRotation start;
    private final Nodes nodes;
    private final AuditLog audit;

    Rotations(
            RotationRows rows,
            AdvanceRotations advance,
            Generations generations,
            OutsideAuthority outside,
            StartRotation start,
            Nodes nodes,
            AuditLog audit) {
        this.rows = rows;
        this.advance = advance;
        this.generations = generations;
        this.outside = outside;
        this.start = start;
        this.nodes = nodes;
        this.audit = audit;
    }

    /** @param cluster null for the installation's own */
    public Optional<Rotation> find(@Nullable String cluster, UUID id) {
        return rows.find(cluster, id);
    }

    /** The newest first. */
    public List<Rotation> newest(@Nullable String cluster, int limit) {
        return rows.newest(cluster, limit);
    }

    /** What became of an operator's word. */
    public sealed interface Outcome {
        /** The rotation as it is now; where it was so before, nothing was changed. */
        record Done(Rotation rotation) implements Outcome {}

        record Unknown() implements Outcome {}

        /** The rotation is at a step where this cannot be done. */
        record WrongStep(Step step) implements Outcome {}

        /** There is no such node. */
        record UnknownNode() implements Outcome {}

        /** The certificate from outside breaks these rules. */
        record Refused(List<Violation> violations) implements Outcome {}
    }

    /** Takes the new authority away again, as long as it has issued nothing. */
    @Transactional
    public Outcome abort(@Nullable String cluster, UUID id, String actor) {
        Optional<Rotation> found = rows.lock(cluster, id);
        if (found.isEmpty()) {
            return new Outcome.Unknown();
        }
        Rotation rotation = found.get();
        switch (rotation.step()) {
            case AWAITING_CERTIFICATE -> outside.giveUp(rotation.incoming());
            case LOADING -> {
                if (!generations.withdrawIncoming(rotation.incoming(), rotation.outgoing(), actor)) {
                    return new Outcome.WrongStep(Step.RENEWING);
                }
            }
            case ABORTED -> {
                return new Outcome.Done(rotation);
            }
            case REVOKING, RENEWING, UNLOADING, DONE -> {
                return new Outcome.WrongStep(rotation.step());
            }
        }
        rows.moveTo(rotation, Step.ABORTED);
        audit.append(
                actor,
                new AuditEvent.RotationAborted(
                        cluster, id.toString(), rotation.kind().label(), "by an operator"));
        return done(rotation);
    }

    /** Waits for a node no more: what it trusts, and what it shows, is the operator's to answer for. */
    @Transactional
    public Outcome leaveOut(@Nullable String cluster, UUID id, String nodesCluster, String node, String actor) {
        Optional<Rotation> found = rows.lock(cluster, id);
        if (found.isEmpty()) {
            return new Outcome.Unknown();
        }
        Rotation rotation = found.get();
        if (nodes.named(nodesCluster, node).isEmpty()) {
            return new Outcome.UnknownNode();
        }
        if (rotation.step().isEnd()) {
            return new Outcome.WrongStep(rotation.step());
        }
        String name = nodesCluster + "/" + node;
        if (!rotation.leftOut().contains(name)) {
            rows.leaveOut(rotation, name);
            audit.append(actor, new AuditEvent.RotationNodeLeftOut(cluster, id.toString(), name));
        }
        return done(rotation);
    }

    /**
     * Goes on to the next step whatever is waited for: to take the old authorities out of the bundles while certificates of
     * theirs are in use, or to call it done while nodes trust them.
     *
     * @param step the step that the operator saw it at
     */
    @Transactional
    public Outcome force(@Nullable String cluster, UUID id, String step, String actor) {
        Optional<Rotation> found = rows.lock(cluster, id);
        if (found.isEmpty()) {
            return new Outcome.Unknown();
        }
        Rotation rotation = found.get();
        boolean mayBeForced = rotation.step() == Step.RENEWING || rotation.step() == Step.UNLOADING;
        if (!mayBeForced || !rotation.step().label().equals(step)) {
            return new Outcome.WrongStep(rotation.step());
        }
        advance.force(rotation, actor);
        return done(rotation);
    }

    /** The request for the new key's certificate, PKCS#10 in DER; empty where none is awaited. */
    public Optional<byte[]> request(Rotation rotation) {
        return rotation.step() == Step.AWAITING_CERTIFICATE ? outside.find(rotation.incoming()) : Optional.empty();
    }

    /**
     * Takes the new key's certificate in; from then on it is trusted.
     *
     * @param chain DER, the authority's certificate first, each followed by its issuer's, the root last
     */
    @Transactional
    public Outcome certify(@Nullable String cluster, UUID id, List<byte[]> chain, String actor) {
        Optional<Rotation> found = rows.lock(cluster, id);
        if (found.isEmpty()) {
            return new Outcome.Unknown();
        }
        Rotation rotation = found.get();
        if (rotation.step() != Step.AWAITING_CERTIFICATE) {
            return new Outcome.WrongStep(rotation.step());
        }
        StartRotation.Place place = start.place(cluster);
        List<Violation> violations =
                outside.certify(rotation.incoming(), chain, place.statusUrl(), place.crlShards(), actor);
        if (!violations.isEmpty()) {
            return new Outcome.Refused(violations);
        }
        rows.moveTo(rotation, Step.LOADING);
        audit.append(
                actor,
                new AuditEvent.RotationAdvanced(
                        cluster, id.toString(), rotation.kind().label(), Step.LOADING.label(), false));
        return done(rotation);
    }

    private Outcome done(Rotation rotation) {
        return new Outcome.Done(rows.find(rotation.cluster(), rotation.id()).orElseThrow());
    }
}
