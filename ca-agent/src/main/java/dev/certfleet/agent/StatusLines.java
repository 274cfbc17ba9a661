package dev.certfleet.agent;

import dev.certfleet.agent.certificate.CertificateKeeper;
import dev.certfleet.agent.certificate.CertificateState;
import dev.certfleet.agent.certificate.RenewalDecision;
import dev.certfleet.agent.certificate.Stage;
import dev.certfleet.agent.component.Component;
import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.agent.identity.Identity;
import dev.certfleet.agent.settings.HookSettings;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.ProfileName;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What {@code status} says of each certificate. */
final class StatusLines {
    private StatusLines() {}

    static StatusReport.Line of(CertificateKeeper keeper, HookSettings hooks, Instant now) {
        CertificateState state = keeper.state();
        CertificateState.@Nullable Held held = state.held();
        @Nullable Instant retryAt = state.retryAt();
        Instant due = held == null ? now : RenewalDecision.dueAt(held);
        String next = switch (state.stage()) {
            case MISSING, RENEWAL_DUE -> "request";
            case KEY_READY, REQUESTED -> "server's answer";
            case RECEIVED -> "publish";
            case PUBLISHED ->
                "hook "
                        + hooks.of(keeper.profile()).stream()
                                .findFirst()
                                .map(command -> command.getFirst())
                                .orElse("");
            case PROVING -> "proof";
            case ROLLING_BACK -> "go back to the last good pair";
            case IN_USE -> "renew";
        };
        return new StatusReport.Line(
                keeper.profile().label(),
                keeper.files().certificate().toString(),
                keeper.files().key().toString(),
                state.stage().label(),
                held == null ? null : held.id(),
                held == null ? null : held.serial(),
                held == null ? null : held.notAfter(),
                next,
                state.stage() == Stage.IN_USE ? due : retryAt,
                overdue(held, now, keeper.problem()),
                held != null && RenewalDecision.isOverdue(held, now),
                held == null || held.proof() == null ? null : held.proof().label(),
                keeper.waitingFor().map(Component::label).orElse(null));
    }

    static StatusReport.Line of(Identity identity, Path folder, @Nullable String problem, Instant now) {
        boolean due = !identity.renewAt().isAfter(now);
        String file = folder.resolve("identity.pem").toString();
        return new StatusReport.Line(
                ProfileName.NODE_IDENTITY.label(),
                file,
                file,
                (due ? Stage.RENEWAL_DUE : Stage.IN_USE).label(),
                identity.id(),
                Certificates.serial(identity.credential().certificate()),
                identity.notAfter(),
                "renew",
                identity.renewAt(),
                identity.notAfter().isAfter(now)
                        ? problem
                        : "this node's identity ended on " + identity.notAfter()
                                + (problem == null ? "; it comes back by itself" : "; " + problem),
                identity.isOverdue(now),
                null,
                null);
    }

    private static @Nullable String overdue(
            CertificateState.@Nullable Held held, Instant now, @Nullable String problem) {
        if (held == null || !RenewalDecision.isOverdue(held, now)) {
            return problem;
        }
        return (held.notAfter().isAfter(now)
                        ? "it ends on " + held.notAfter() + " and could not be renewed yet"
                        : "it ended on " + held.notAfter())
                + (problem == null ? "" : "; " + problem);
    }
}
