package dev.certfleet.agent.certificate;

import dev.certfleet.agent.component.Component;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When to look again whether a component uses a pair, and since when that was in vain. Not on disk: a new process gives a
 * component its time anew.
 */
final class ProofWatch {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final Duration PAUSE_IN_VAIN = Duration.ofMinutes(1);
    private static final Duration LONGEST_ABSENCE = Duration.ofMinutes(5);

    private Instant next = Instant.MIN;
    private @Nullable Instant since;
    private @Nullable Component waitingFor;
    private int looks;
    private int absences;

    Instant next() {
        return next;
    }

    /** The component that was not running when it was last looked at. */
    Optional<Component> waitingFor() {
        return Optional.ofNullable(waitingFor);
    }

    void restart() {
        next = Instant.MIN;
        since = null;
        waitingFor = null;
        looks = 0;
        absences = 0;
    }

    /**
     * It is given its time from when it runs. The pause doubles, and ends at a multiple of itself: all pairs whose components do
     * not run are looked at in the same round.
     *
     * @param first the first pause
     */
    void notRunning(Component component, Instant now, Duration first) {
        int before = absences;
        restart();
        absences = before + 1;
        waitingFor = component;
        long doubled = first.toMillis() << Math.min(before, 10);
        long pause = Math.max(first.toMillis(), Math.min(doubled, LONGEST_ABSENCE.toMillis()));
        next = Instant.ofEpochMilli((now.toEpochMilli() / pause + 1) * pause);
    }

    /** @return true where a running component was looked at in vain for as long as {@code within} */
    boolean inVain(Instant now, Duration within) {
        waitingFor = null;
        absences = 0;
        Instant began = since == null ? now : since;
        since = began;
        boolean over = !now.isBefore(began.plus(within));
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(looks++, 10));
        next = now.plus(over ? PAUSE_IN_VAIN : pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
        if (!over && next.isAfter(began.plus(within))) {
            next = began.plus(within);
        }
        return over;
    }
}
