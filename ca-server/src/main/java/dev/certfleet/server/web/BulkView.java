package dev.certfleet.server.web;

import dev.certfleet.server.revocation.BulkAnswer;
import dev.certfleet.server.revocation.BulkOutcome;
import dev.certfleet.server.revocation.Impact;
import dev.certfleet.server.revocation.Plan;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a call that revokes many certificates does, or would do.
 *
 * @param dryRun whether nothing was changed
 * @param count how many certificates
 * @param certificates of a dry run: what would be revoked
 * @param breaks of a dry run: what would break, the worst first
 * @param confirmation of a dry run: what the real call has to carry
 * @param revocations of the real call: one for each certificate
 * @param keysBlocked of the real call: how many public keys were blocked that were not before
 * @param tokensWithdrawn of the real call: how many enrolment tokens were withdrawn
 * @param authoritiesWithdrawn of the real call: authorities that left the trust bundles
 */
@Schema(name = "BulkRevocation")
record BulkView(
        boolean dryRun,
        int count,
        @Nullable List<CertificateView> certificates,
        @Nullable List<Broken> breaks,
        @Nullable String confirmation,
        @Nullable List<Revoked> revocations,
        @Nullable Integer keysBlocked,
        @Nullable Integer tokensWithdrawn,
        @Nullable List<String> authoritiesWithdrawn) {

    @Schema(name = "BulkRevocationBreak")
    record Broken(
            @Schema(allowableValues = {"outage", "degraded", "notice"})
            String severity,

            @Nullable String cluster,
            @Nullable String node,
            @Nullable String component,
            String effect) {

        static Broken of(Impact impact) {
            return new Broken(
                    impact.severity().label(), impact.cluster(), impact.node(), impact.component(), impact.effect());
        }
    }

    @Schema(name = "BulkRevocationPart")
    record Revoked(String revocation, String certificate, String serial) {}

    /** The answer, or the problem. */
    static BulkView of(BulkOutcome outcome, Instant now) {
        return switch (outcome) {
            case BulkOutcome.Planned(Plan plan, String confirmation) -> planned(plan, confirmation, now);
            case BulkOutcome.Done(BulkAnswer answer) -> done(answer);
            case BulkOutcome.ConfirmationRequired refused -> throw refusal(refused);
            case BulkOutcome.OtherCall refused -> throw refusal(refused);
            case BulkOutcome.Outdated refused -> throw refusal(refused);
            case BulkOutcome.TooMany refused -> throw refusal(refused);
        };
    }

    /** The problem of what was not done. */
    static ProblemException refusal(BulkOutcome outcome) {
        return switch (outcome) {
            case BulkOutcome.Planned planned -> throw new IllegalArgumentException("a plan is no refusal");
            case BulkOutcome.Done done -> throw new IllegalArgumentException("what was done is no refusal");
            case BulkOutcome.ConfirmationRequired required ->
                new ProblemException(
                        ProblemType.CONFIRMATION_REQUIRED,
                        "send the same with ?dryRun=true, read what would break, and send it again with its confirmation");
            case BulkOutcome.OtherCall other ->
                ProblemException.refused(
                        "confirmation",
                        "the confirmation is of another caller or of other arguments; it counts for exactly what the dry"
                                + " run was sent");
            case BulkOutcome.Outdated outdated ->
                new ProblemException(
                        ProblemType.DRY_RUN_OUTDATED,
                        "what would be revoked or would break is not what the dry run showed; nothing was changed: do"
                                + " another dry run");
            case BulkOutcome.TooMany tooMany ->
                ProblemException.refused(
                        "too-many-certificates",
                        "one call revokes at most " + Plan.MOST
                                + " certificates; narrow what is meant, by node, profile"
                                + " or time, and call several times");
        };
    }

    /** Refuses a dry run that carries a confirmation: it is either the one or the other. */
    static void requireEither(boolean dryRun, @Nullable String confirmation) {
        if (dryRun && confirmation != null) {
            throw ProblemException.refused("confirmation", "a dry run gives a confirmation and takes none");
        }
    }

    private static BulkView planned(Plan plan, String confirmation, Instant now) {
        return new BulkView(
                true,
                plan.certificates().size(),
                plan.certificates().stream()
                        .map(certificate -> CertificateView.of(certificate, now))
                        .toList(),
                plan.impacts().stream().map(Broken::of).toList(),
                confirmation,
                null,
                null,
                null,
                null);
    }

    private static BulkView done(BulkAnswer answer) {
        return new BulkView(
                false,
                answer.revocations().size(),
                null,
                null,
                null,
                answer.revocations().stream()
                        .map(part -> new Revoked(part.revocation(), part.certificate(), part.serial()))
                        .toList(),
                answer.keysBlocked(),
                answer.tokensWithdrawn(),
                answer.authoritiesWithdrawn());
    }
}
