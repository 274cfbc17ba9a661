package dev.certfleet.server.restart;

import java.time.Duration;

/** What a node that asks for a restart is told. */
public sealed interface LeaseAnswer {
    /** It may restart the component. */
    record Granted(Lease lease) implements LeaseAnswer {}

    /**
     * Another restart is under way, or one went wrong.
     *
     * @param by the lease that is in the way
     * @param retryAfter when to ask again
     */
    record Taken(Lease by, Lease.State state, Duration retryAfter) implements LeaseAnswer {}
}
