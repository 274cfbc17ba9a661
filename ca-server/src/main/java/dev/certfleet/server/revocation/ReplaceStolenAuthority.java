package dev.certfleet.server.revocation;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.rotation.EmergencyRotation;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Transactional;

/** Replaces an authority whose key is stolen: speed before uptime, and only after a dry run that said what it costs. */
@Component
public class ReplaceStolenAuthority {
    private final EmergencyRotation emergency;
    private final CostOfEmergency cost;
    private final Confirmed confirmed;
    private final AuditLog audit;

    ReplaceStolenAuthority(EmergencyRotation emergency, CostOfEmergency cost, Confirmed confirmed, AuditLog audit) {
        this.emergency = emergency;
        this.cost = cost;
        this.confirmed = confirmed;
        this.audit = audit;
    }

    /**
     * What is asked.
     *
     * @param cluster null for the installation's own authority
     */
    public record Order(
            @Nullable String cluster,
            AuthorityKind kind,
            @Nullable String comment) {}

    @Transactional(readOnly = true, isolation = Isolation.REPEATABLE_READ)
    public BulkOutcome dryRun(Order order, Caller caller) {
        return confirmed.dryRun(call(order, caller), plan(order));
    }

    @Transactional
    public BulkOutcome replace(Order order, @Nullable String confirmation, Caller caller) {
        return confirmed.run(
                call(order, caller),
                confirmation,
                () -> emergency.lock(order.cluster(), order.kind()),
                () -> plan(order),
                plan -> act(order, caller));
    }

    private static BulkCall call(Order order, Caller caller) {
        return new BulkCall(
                caller.actor(),
                "emergency-rotation",
                List.of(
                        Objects.requireNonNullElse(order.cluster(), ""),
                        order.kind().label(),
                        Objects.requireNonNullElse(order.comment(), "")));
    }

    /** The certificates are not bound to the confirmation: while a fleet renews, they would never stand still. */
    private Plan plan(Order order) {
        return new Plan(
                List.of(),
                cost.of(order.cluster(), order.kind(), emergency.trusted(order.cluster(), order.kind())),
                false);
    }

    private BulkAnswer act(Order order, Caller caller) {
        List<String> withdrawn = emergency.start(order.cluster(), order.kind(), caller.actor());
        audit.append(
                caller.actor(),
                new AuditEvent.AuthorityKeyStolen(order.cluster(), order.kind().label(), withdrawn, order.comment()));
        return new BulkAnswer(List.of(), 0, 0, withdrawn);
    }
}
