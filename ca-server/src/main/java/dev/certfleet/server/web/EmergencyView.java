package dev.certfleet.server.web;

import dev.certfleet.server.revocation.BulkOutcome;
import dev.certfleet.server.revocation.Plan;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an emergency rotation does, or would do.
 *
 * @param dryRun whether nothing was changed
 * @param breaks of a dry run: what it costs, the worst first
 * @param confirmation of a dry run: what the real call has to carry
 * @param authoritiesWithdrawn of the real call: authorities that left the trust bundles
 * @param rotation of the real call: what goes on
 */
@Schema(name = "EmergencyRotation")
record EmergencyView(
        boolean dryRun,
        @Nullable List<BulkView.Broken> breaks,
        @Nullable String confirmation,
        @Nullable List<String> authoritiesWithdrawn,
        @Nullable RotationView rotation) {

    static EmergencyView planned(Plan plan, String confirmation) {
        return new EmergencyView(
                true, plan.impacts().stream().map(BulkView.Broken::of).toList(), confirmation, null, null);
    }

    static EmergencyView done(BulkOutcome.Done done, @Nullable RotationView rotation) {
        return new EmergencyView(false, null, null, done.answer().authoritiesWithdrawn(), rotation);
    }
}
