package dev.certfleet.agent.gate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What kube-apiserver's audit log says: who was where, and which certificates it accepted that the CA does not know. Nobody but
 * kube-apiserver writes there, and it writes of system:masters too, whom no webhook ever sees.
 */
final class AuditWatch implements AuditFollower.Reader {
    private static final Duration STILL = Duration.ofMinutes(1);
    private static final int REQUESTS_UNSEEN = 20;
    private static final int MAX_SHOWN = 200;

    private final CredentialIndex index;
    private final CallerMemory callers;
    private final UnknownCredentials unknown;
    private final Alarms alarms;
    private final Clock clock;

    private long events;
    private long decisions;
    private Instant movedAt;
    private volatile boolean standsStill;

    AuditWatch(CredentialIndex index, CallerMemory callers, UnknownCredentials unknown, Alarms alarms, Clock clock) {
        this.index = index;
        this.callers = callers;
        this.unknown = unknown;
        this.alarms = alarms;
        this.clock = clock;
        this.movedAt = clock.instant();
    }

    @Override
    public void read(AuditEvent event, boolean old) {
        boolean certificate = false;
        for (String credentialId : event.credentialIds()) {
            if (credentialId.startsWith(AccessReview.X509)) {
                certificate = true;
                Fingerprint.parse(credentialId.substring(AccessReview.X509.length()))
                        .ifPresent(id -> read(id, event, old));
            }
        }
        if (!certificate && !event.address().isEmpty()) {
            callers.seen(CallerMemory.named(event.user()), event.address(), clock.instant());
        }
    }

    private void read(Fingerprint id, AuditEvent event, boolean old) {
        if (!event.address().isEmpty()) {
            callers.seen(id, event.address(), clock.instant());
        }
        if (old || index.find(id).isPresent()) {
            return;
        }
        String caller = shown("'" + event.user() + "' of " + event.groups() + " from " + event.address());
        Optional<Instant> disowned = index.neverIssuedSince(id);
        if (disowned.isPresent()) {
            alarms.neverIssued(id, caller);
            unknown.askAgain(id, caller, disowned.get());
        } else {
            var _ = unknown.ask(id, caller);
        }
    }

    private static String shown(String caller) {
        String line = caller.replaceAll("\\p{Cntrl}", " ");
        return line.length() <= MAX_SHOWN ? line : line.substring(0, MAX_SHOWN) + "…";
    }

    /** Compares the log with the gate's own work: requests come that the log does not tell of. */
    void look(long eventsNow, long decisionsNow) {
        Instant now = clock.instant();
        if (eventsNow != events) {
            events = eventsNow;
            decisions = decisionsNow;
            movedAt = now;
            standsStill = false;
        } else if (decisionsNow - decisions > REQUESTS_UNSEEN
                && movedAt.plus(STILL).isBefore(now)) {
            standsStill = true;
        }
    }

    boolean standsStill() {
        return standsStill;
    }
}
