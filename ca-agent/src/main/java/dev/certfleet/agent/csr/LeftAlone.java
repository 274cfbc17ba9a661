package dev.certfleet.agent.csr;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * States of requests about which there is nothing to ask for now, since the server leaves them as they are or they were answered:
 * asked for again when they change, or more and more rarely.
 */
final class LeftAlone {
    private static final Duration FIRST = Duration.ofSeconds(30);
    private static final Duration LONGEST = Duration.ofMinutes(15);

    private final Clock clock;
    private final Map<String, Entry> entries = new HashMap<>();
    private final Set<String> seen = new HashSet<>();

    private record Entry(String version, Duration pause, Instant until) {}

    LeftAlone(Clock clock) {
        this.clock = clock;
    }

    /** Whether nothing has to be asked about it yet. */
    boolean holds(SigningRequest request) {
        seen.add(request.uid());
        Entry entry = entries.get(request.uid());
        return entry != null
                && entry.version().equals(request.version())
                && clock.instant().isBefore(entry.until());
    }

    /** @return whether that is news */
    boolean add(SigningRequest request) {
        Entry before = entries.get(request.uid());
        Entry same = before == null || !before.version().equals(request.version()) ? null : before;
        Duration doubled = same == null ? FIRST : same.pause().multipliedBy(2);
        Duration pause = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
        entries.put(
                request.uid(),
                new Entry(request.version(), pause, clock.instant().plus(pause)));
        return same == null;
    }

    /** After all were seen: what is gone is forgotten. */
    void forgetOthers() {
        entries.keySet().retainAll(seen);
        seen.clear();
    }
}
