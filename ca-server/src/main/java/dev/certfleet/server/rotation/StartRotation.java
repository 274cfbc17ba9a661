package dev.certfleet.server.rotation;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.authority.Clusters;
import dev.certfleet.server.authority.CreateAuthority;
import dev.certfleet.server.authority.OutsideAuthority;
import dev.certfleet.server.installation.Settings;
import dev.certfleet.server.recovery.DatabaseState;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Begins the rotation of an authority: makes the next generation and lets it be trusted, or asks for its certificate. */
@Component
public class StartRotation {
    private final RotationRows rows;
    private final Authorities authorities;
    private final Clusters clusters;
    private final CreateAuthority create;
    private final OutsideAuthority outside;
    private final Settings settings;
    private final DatabaseState databaseState;
    private final AuditLog audit;
    private final Clock clock;

    StartRotation(
            RotationRows rows,
            Authorities authorities,
            Clusters clusters,
            CreateAuthority create,
            OutsideAuthority outside,
            Settings settings,
            DatabaseState databaseState,
            AuditLog audit,
            Clock clock) {
        this.rows = rows;
        this.authorities = authorities;
        this.clusters = clusters;
        this.create = create;
        this.outside = outside;
        this.settings = settings;
        this.databaseState = databaseState;
        this.audit = audit;
        this.clock = clock;
    }

    /** Empty where a rotation of this kind is under way. */
    @Transactional
    public Optional<Rotation> start(NewRotation order, String actor) {
        databaseState.requireNotBehind();

        // 1. What issues now, and no other rotation of it
        rows.takeTurns(order.cluster(), order.kind());
        Authority outgoing = authorities.active(order.cluster(), order.kind()).orElseThrow();
        if (rows.lockUnderWay(order.cluster(), order.kind()).isPresent()) {
            return Optional.empty();
        }

        // 2. The next generation: trusted from now on, or only a key that waits for its certificate
        KeyAlgorithm algorithm = algorithm(order, outgoing);
        Place place = place(order.cluster());
        Authority.Anchor anchor = order.outside();
        String incoming = anchor == null
                ? create.createIncoming(
                                order.cluster(),
                                order.kind(),
                                algorithm,
                                place.statusUrl(),
                                place.crlShards(),
                                actor,
                                order.kind() == AuthorityKind.INSTALLATION ? outgoing : null)
                        .name()
                : outside.request(order.cluster(), order.kind(), algorithm, anchor, actor);

        // 3. The record; of two who begin at once, one does
        Rotation rotation = rotation(
                order.cluster(),
                order.kind(),
                outgoing.name(),
                incoming,
                false,
                anchor == null ? Step.LOADING : Step.AWAITING_CERTIFICATE,
                actor);
        insert(rotation, actor);
        return Optional.of(rotation);
    }

    /** Thrown in a transaction that lost against another which began a rotation of the same kind. */
    public static final class UnderWay extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnderWay() {
            super("a rotation is under way", null, false, false);
        }
    }

    void insert(Rotation rotation, String actor) {
        if (!rows.insert(rotation)) {
            throw new UnderWay();
        }
        audit.append(
                actor,
                new AuditEvent.RotationStarted(
                        rotation.cluster(),
                        rotation.id().toString(),
                        rotation.kind().label(),
                        rotation.outgoing(),
                        rotation.incoming(),
                        rotation.emergency()));
    }

    Rotation rotation(
            @Nullable String cluster,
            AuthorityKind kind,
            String outgoing,
            String incoming,
            boolean emergency,
            Step step,
            String actor) {
        Instant now = clock.instant();
        return new Rotation(
                UUID.randomUUID(),
                cluster,
                kind,
                outgoing,
                incoming,
                emergency,
                step,
                List.of(),
                0,
                actor,
                now,
                now,
                now,
                null);
    }

    /** Where the status of what it issues will be found. */
    record Place(String statusUrl, int crlShards) {}

    Place place(@Nullable String cluster) {
        if (cluster == null) {
            return new Place(settings.statusUrl(), 1);
        }
        Cluster found = clusters.named(cluster).orElseThrow();
        return new Place(found.statusUrl(), found.crlShards());
    }

    private KeyAlgorithm algorithm(NewRotation order, Authority outgoing) {
        KeyAlgorithm asked = order.keyAlgorithm();
        return asked == null ? outgoing.keyAlgorithm() : asked;
    }
}
