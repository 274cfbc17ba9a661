package dev.certfleet.server.revocation;

import dev.certfleet.server.ledger.BulkAnswers;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.databind.json.JsonMapper;

/** Does what revokes many certificates only after a dry run that showed exactly that. */
@Component
class Confirmed {
    private final BulkAnswers answers;
    private final JsonMapper json;

    Confirmed(BulkAnswers answers, JsonMapper json) {
        this.answers = answers;
        this.json = json;
    }

    /** What a call would do. */
    BulkOutcome dryRun(BulkCall call, Plan plan) {
        return plan.isTooLarge()
                ? new BulkOutcome.TooMany()
                : new BulkOutcome.Planned(plan, Confirmation.of(call, plan));
    }

    /**
     * Does it, in the caller's transaction, or says why not; whatever is not {@link BulkOutcome.Done} changed nothing.
     *
     * @param locks keeps what the plan reads as it is until the transaction ends
     * @param plan worked out as for the dry run
     * @param act does what was planned
     */
    @Transactional(propagation = Propagation.MANDATORY)
    BulkOutcome run(
            BulkCall call,
            @Nullable String confirmation,
            Runnable locks,
            Supplier<Plan> plan,
            Function<Plan, BulkAnswer> act) {
        // 1. A confirmation of this very call
        if (confirmation == null) {
            return new BulkOutcome.ConfirmationRequired();
        }
        if (!Confirmation.isOf(call, confirmation)) {
            return new BulkOutcome.OtherCall();
        }

        // 2. Whether things are as the dry run showed them; where they are not, it may be because this was done before
        locks.run();
        Plan planned = plan.get();
        Optional<BulkOutcome> before =
                answers.of(confirmation).map(text -> new BulkOutcome.Done(json.readValue(text, BulkAnswer.class)));
        if (!Confirmation.of(call, planned).equals(confirmation)) {
            return before.orElseGet(BulkOutcome.Outdated::new);
        }
        if (planned.isDone() && before.isPresent()) {
            return before.get();
        }

        // 3. Do it, and remember what is answered
        BulkAnswer answer = act.apply(planned);
        answers.keep(confirmation, call.operation(), call.actor(), json.writeValueAsString(answer));
        return new BulkOutcome.Done(answer);
    }
}
