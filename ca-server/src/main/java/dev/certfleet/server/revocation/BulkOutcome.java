package dev.certfleet.server.revocation;

/** What became of a call that revokes many certificates. */
public sealed interface BulkOutcome {
    /**
     * A dry run: nothing was changed.
     *
     * @param confirmation what the real call has to carry
     */
    record Planned(Plan plan, String confirmation) implements BulkOutcome {}

    /** It was done, now or by the same call before. */
    record Done(BulkAnswer answer) implements BulkOutcome {}

    /** The call carries no confirmation. */
    record ConfirmationRequired() implements BulkOutcome {}

    /** The confirmation is another caller's, or of other arguments. */
    record OtherCall() implements BulkOutcome {}

    /** What would be revoked, or would break, is not what the dry run showed. */
    record Outdated() implements BulkOutcome {}

    /** More than {@link Plan#MOST} certificates are meant. */
    record TooMany() implements BulkOutcome {}
}
