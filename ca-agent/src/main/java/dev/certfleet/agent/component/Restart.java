package dev.certfleet.agent.component;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The restart that is under way, as it is in {@code restart.json}.
 *
 * @param lease the server's id of the lease
 * @param publication what the component is restarted for; never twice for the same
 * @param startedMillis since the boot: when the process was started that is to go
 * @param until when it has to be healthy again; null until it was restarted
 * @param problem what was told to the server; null where nothing was
 */
record Restart(
        Component component,
        String lease,
        Step step,
        String publication,
        long startedMillis,
        @Nullable Instant until,
        @Nullable String problem) {

    /** How far it is. */
    enum Step {
        /** The lease is there; nothing was done yet. */
        LEASED,
        /** It was begun, and may have happened. */
        BEGUN,
        /** It happened; the component has to become healthy. */
        AWAITED,
        /** It did not, and the server knows: no other node restarts anything until it does. */
        UNHEALTHY
    }

    Restart at(Step next, @Nullable Instant limit) {
        return new Restart(component, lease, next, publication, startedMillis, limit, problem);
    }

    Restart failed(String what) {
        return new Restart(component, lease, Step.UNHEALTHY, publication, startedMillis, until, what);
    }
}
