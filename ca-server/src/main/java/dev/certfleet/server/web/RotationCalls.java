package dev.certfleet.server.web;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.revocation.BulkOutcome;
import dev.certfleet.server.revocation.ReplaceStolenAuthority;
import dev.certfleet.server.rotation.NewRotation;
import dev.certfleet.server.rotation.Progress;
import dev.certfleet.server.rotation.Rotation;
import dev.certfleet.server.rotation.Rotations;
import dev.certfleet.server.rotation.StartRotation;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Component;

/** What can be done with rotations, of a cluster's authorities and, where the cluster is null, of the installation's own. */
@Component
class RotationCalls {
    private static final int LISTED = 50;
    private static final String SELF = "self";
    private static final String EXTERNAL = "external";

    private final StartRotation start;
    private final Rotations rotations;
    private final Progress progress;
    private final ReplaceStolenAuthority replace;
    private final Idempotency idempotency;

    RotationCalls(
            StartRotation start,
            Rotations rotations,
            Progress progress,
            ReplaceStolenAuthority replace,
            Idempotency idempotency) {
        this.start = start;
        this.rotations = rotations;
        this.progress = progress;
        this.replace = replace;
        this.idempotency = idempotency;
    }

    /**
     * @param issuer {@code self} or {@code external}; left out, self
     * @param anchor with an external issuer, what the trust bundles hold: the {@code authority}'s own certificate, or the
     *     {@code root}'s; left out, authority
     */
    @Schema(name = "NewRotation")
    record New(
            String kind,
            @Nullable String keyAlgorithm,
            @Nullable String issuer,
            @Nullable String anchor) {}

    @Schema(name = "Rotations")
    record All(List<RotationView> items) {}

    @Schema(name = "NodeLeftOut")
    record LeftOut(String node) {}

    @Schema(name = "ForcedStep")
    record Forced(String step) {}

    @Schema(name = "AuthorityCertificate")
    record Certified(String certificate) {}

    @Schema(name = "NewEmergencyRotation")
    record Emergency(
            String kind, @Nullable String comment, @Nullable String confirmation) {}

    ResponseEntity<RotationView> start(Caller caller, HttpServletRequest request, @Nullable String cluster, New body) {
        NewRotation order =
                new NewRotation(cluster, kind(cluster, body.kind()), algorithm(body.keyAlgorithm()), outside(body));
        return idempotency.once(caller, request, body, RotationView.class, () -> {
            try {
                return start.start(order, caller.actor())
                        .map(rotation ->
                                ResponseEntity.status(HttpStatus.CREATED).body(view(rotation)))
                        .orElseThrow(() -> underWay(order.kind()));
            } catch (StartRotation.UnderWay e) {
                throw underWay(order.kind());
            }
        });
    }

    All list(@Nullable String cluster) {
        return new All(
                rotations.newest(cluster, LISTED).stream().map(this::view).toList());
    }

    RotationView get(@Nullable String cluster, String id) {
        return view(found(cluster, id));
    }

    ResponseEntity<RotationView> abort(Caller caller, HttpServletRequest request, @Nullable String cluster, String id) {
        UUID known = found(cluster, id).id();
        return once(caller, request, "", () -> rotations.abort(cluster, known, caller.actor()));
    }

    ResponseEntity<RotationView> leaveOut(
            Caller caller,
            HttpServletRequest request,
            @Nullable String cluster,
            String id,
            String nodesCluster,
            String node,
            Object body) {
        UUID known = found(cluster, id).id();
        return once(
                caller, request, body, () -> rotations.leaveOut(cluster, known, nodesCluster, node, caller.actor()));
    }

    ResponseEntity<RotationView> force(
            Caller caller, HttpServletRequest request, @Nullable String cluster, String id, Forced body) {
        UUID known = found(cluster, id).id();
        return once(caller, request, body, () -> rotations.force(cluster, known, body.step(), caller.actor()));
    }

    String request(@Nullable String cluster, String id) {
        return rotations
                .request(found(cluster, id))
                .map(der -> dev.certfleet.pki.Pem.encode(dev.certfleet.pki.Pem.CERTIFICATE_REQUEST, der))
                .orElseThrow(() -> ProblemException.notFound("certificate awaited for this rotation"));
    }

    ResponseEntity<RotationView> certify(
            Caller caller, HttpServletRequest request, @Nullable String cluster, String id, Certified body) {
        UUID known = found(cluster, id).id();
        List<byte[]> chain = Pem.several(body.certificate());
        return once(caller, request, body, () -> rotations.certify(cluster, known, chain, caller.actor()));
    }

    ResponseEntity<EmergencyView> emergency(
            Caller caller, HttpServletRequest request, @Nullable String cluster, boolean dryRun, Emergency body) {
        BulkView.requireEither(dryRun, body.confirmation());
        ReplaceStolenAuthority.Order order = new ReplaceStolenAuthority.Order(
                cluster, kind(cluster, body.kind()), RevocationResource.comment(body.comment()));
        if (dryRun) {
            return ResponseEntity.ok(emergency(replace.dryRun(order, caller), order));
        }
        return idempotency.once(
                caller,
                request,
                body,
                EmergencyView.class,
                () -> ResponseEntity.status(HttpStatus.CREATED)
                        .body(emergency(replace.replace(order, body.confirmation(), caller), order)));
    }

    private EmergencyView emergency(BulkOutcome outcome, ReplaceStolenAuthority.Order order) {
        return switch (outcome) {
            case BulkOutcome.Planned(var plan, String confirmation) -> EmergencyView.planned(plan, confirmation);
            case BulkOutcome.Done done ->
                EmergencyView.done(
                        done,
                        rotations.newest(order.cluster(), LISTED).stream()
                                .filter(rotation -> rotation.kind() == order.kind() && rotation.emergency())
                                .findFirst()
                                .map(this::view)
                                .orElse(null));
            case BulkOutcome.ConfirmationRequired refused -> throw BulkView.refusal(refused);
            case BulkOutcome.OtherCall refused -> throw BulkView.refusal(refused);
            case BulkOutcome.Outdated refused -> throw BulkView.refusal(refused);
            case BulkOutcome.TooMany refused -> throw BulkView.refusal(refused);
        };
    }

    private ResponseEntity<RotationView> once(
            Caller caller, HttpServletRequest request, Object body, Supplier<Rotations.Outcome> work) {
        return idempotency.once(
                caller, request, body, RotationView.class, () -> ResponseEntity.ok(view(done(work.get()))));
    }

    private static Rotation done(Rotations.Outcome outcome) {
        return switch (outcome) {
            case Rotations.Outcome.Done(Rotation rotation) -> rotation;
            case Rotations.Outcome.Unknown unknown -> throw unknown();
            case Rotations.Outcome.UnknownNode unknown -> throw ProblemException.notFound("node of this name");
            case Rotations.Outcome.WrongStep(var step) ->
                throw new ProblemException(
                        ProblemType.ROTATION_STEP,
                        "it is at the step '" + step.label() + "', where this cannot be done");
            case Rotations.Outcome.Refused(var violations) -> throw ProblemException.refused(violations);
        };
    }

    private Rotation found(@Nullable String cluster, String id) {
        try {
            return rotations.find(cluster, UUID.fromString(id)).orElseThrow(RotationCalls::unknown);
        } catch (IllegalArgumentException e) {
            throw unknown();
        }
    }

    private RotationView view(Rotation rotation) {
        return RotationView.of(rotation, progress.of(rotation));
    }

    private static ProblemException unknown() {
        return ProblemException.notFound("rotation with this id");
    }

    private static ProblemException underWay(AuthorityKind kind) {
        return new ProblemException(
                ProblemType.ROTATION_UNDER_WAY,
                "a rotation of " + kind.label() + " is under way; it ends, or is aborted, before another begins");
    }

    private static AuthorityKind kind(@Nullable String cluster, String label) {
        try {
            AuthorityKind kind = AuthorityKind.of(label);
            if ((kind == AuthorityKind.INSTALLATION) == (cluster == null)) {
                return kind;
            }
        } catch (IllegalArgumentException e) {
            throw ProblemException.refused("kind", String.valueOf(e.getMessage()));
        }
        throw ProblemException.refused(
                "kind",
                cluster == null
                        ? "the installation has one authority of its own, 'installation'; a cluster's are rotated there"
                        : "the installation's authority is no cluster's; it is rotated at /rotations");
    }

    private static @Nullable KeyAlgorithm algorithm(@Nullable String label) {
        try {
            return label == null ? null : KeyAlgorithm.of(label);
        } catch (IllegalArgumentException e) {
            throw ProblemException.refused("key-algorithm", String.valueOf(e.getMessage()));
        }
    }

    private static Authority.@Nullable Anchor outside(New body) {
        String issuer = body.issuer() == null ? SELF : body.issuer();
        String anchor = body.anchor();
        if (issuer.equals(EXTERNAL)) {
            return Authority.Anchor.of(anchor == null ? Authority.Anchor.AUTHORITY.label() : anchor)
                    .orElseThrow(() -> ProblemException.refused("anchor", "'anchor' is 'authority' or 'root'"));
        }
        if (!issuer.equals(SELF)) {
            throw ProblemException.refused("issuer", "'issuer' is 'self' or 'external'");
        }
        if (anchor != null) {
            throw ProblemException.refused("anchor", "'anchor' goes with the issuer 'external'");
        }
        return null;
    }
}
