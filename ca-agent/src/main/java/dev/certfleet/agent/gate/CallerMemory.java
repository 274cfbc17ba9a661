package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which credential was used from which address lately, as the audit log shows it. */
final class CallerMemory {
    static final Duration LATELY = Duration.ofHours(24);

    private static final int MAX_USES = 100_000;

    /** Least recently used first; when, in milliseconds since 1970. */
    private final Map<Use, Long> uses = new LinkedHashMap<>(16, 0.75f, true);

    private record Use(Fingerprint credential, String address) {}

    /**
     * Where a credential was used.
     *
     * @param alone addresses that no other credential was used from
     * @param shared the others: to end what comes from there would hit somebody else
     */
    record Addresses(Set<String> alone, Set<String> shared) {}

    /** Callers without a certificate are told apart by name. */
    static Fingerprint named(String user) {
        try {
            ByteBuffer hash =
                    ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(("user " + user).getBytes(UTF_8)));
            return new Fingerprint(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    synchronized void seen(Fingerprint credential, String address, Instant at) {
        uses.put(new Use(credential, address), at.toEpochMilli());
        if (uses.size() > MAX_USES) {
            Iterator<Use> oldest = uses.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    synchronized Addresses of(Fingerprint credential, Instant now) {
        long since = now.minus(LATELY).toEpochMilli();
        uses.values().removeIf(at -> at < since);
        Set<String> alone = new TreeSet<>();
        for (Use use : uses.keySet()) {
            if (use.credential().equals(credential)) {
                alone.add(use.address());
            }
        }
        Set<String> shared = new TreeSet<>();
        for (Use use : uses.keySet()) {
            if (!use.credential().equals(credential) && alone.contains(use.address())) {
                shared.add(use.address());
            }
        }
        alone.removeAll(shared);
        return new Addresses(alone, shared);
    }

    synchronized int size() {
        return uses.size();
    }
}
