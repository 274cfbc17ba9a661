package dev.certfleet.agent.gate;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.ocsp.CertificateStatus;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Every client certificate the gate knows, in memory, and how far the feed was read. Entries never leave before their
 * certificate has expired, whatever the feed does: a history that starts again takes nothing back.
 */
final class CredentialIndex {
    private static final int MAX_NEVER_ISSUED = 4096;

    private final Map<Fingerprint, Credential> credentials = new ConcurrentHashMap<>();
    private final Map<Fingerprint, Instant> neverIssued = new LinkedHashMap<>();
    private volatile FeedPosition position = FeedPosition.START;
    private volatile @Nullable Mark mark;
    private volatile boolean changed;
    private volatile boolean mustBeSaved;
    private final AtomicLong refusals = new AtomicLong();
    private volatile Runnable whenRefusalsChange = () -> {};
    private volatile Runnable whenMustBeSaved = () -> {};

    /** @param epoch empty before anything was read */
    record FeedPosition(String epoch, long sequence) {
        static final FeedPosition START = new FeedPosition("", 0);
    }

    /** What became of a signed answer. */
    enum Taken {
        YES,
        /** It is older than one seen before, or says good of what was revoked for good. */
        NO,
        /** There is no such entry any more. */
        GONE
    }

    Optional<Credential> find(Fingerprint id) {
        return Optional.ofNullable(credentials.get(id));
    }

    Collection<Credential> all() {
        return credentials.values();
    }

    int size() {
        return credentials.size();
    }

    FeedPosition position() {
        return position;
    }

    void position(FeedPosition now) {
        if (!now.equals(position)) {
            position = now;
            changed = true;
        }
    }

    /** What the server wants to be shown; empty before it gave any. */
    Optional<Mark> mark() {
        return Optional.ofNullable(mark);
    }

    void mark(Mark now) {
        if (!now.equals(mark)) {
            mark = now;
            changed = true;
        }
    }

    /** Adds a certificate unless it is there. */
    Credential issued(Credential credential) {
        changed = true;
        forgetNeverIssued(credential.id());
        Credential known = credentials.putIfAbsent(credential.id(), credential);
        return known == null ? credential : known;
    }

    /** Takes over an entry as it was saved. */
    void restore(Credential credential) {
        credentials.put(credential.id(), credential);
    }

    Credential revoked(Credential credential, RevocationReason reason, Instant at) {
        changed = true;
        forgetNeverIssued(credential.id());
        Credential now = merge(credential, known -> known.revoked(reason, at));
        refusalsChanged();
        return now;
    }

    Credential released(Credential credential, Instant at) {
        changed = true;
        return merge(credential, known -> known.released(at));
    }

    /** After the authority became known that signed a certificate which was refused without it. */
    Credential issuedBy(Credential credential, String issuer) {
        return merge(credential, known -> known.withIssuer(issuer));
    }

    private Credential merge(Credential credential, UnaryOperator<Credential> change) {
        Credential result =
                credentials.compute(credential.id(), (id, known) -> change.apply(known == null ? credential : known));
        if (result == null) {
            throw new IllegalStateException("a change makes no entry vanish");
        }
        return result;
    }

    Taken answered(Fingerprint id, CertificateStatus answer, Instant now) {
        AtomicBoolean taken = new AtomicBoolean();
        Credential present = credentials.computeIfPresent(id, (key, known) -> {
            Optional<Credential> after = known.answered(answer, now);
            taken.set(after.isPresent());
            return after.orElse(known);
        });
        if (present == null) {
            return Taken.GONE;
        }
        if (taken.get()) {
            changed = true;
            refusalsChanged();
            if (answer instanceof CertificateStatus.Revoked) {
                markMustBeSaved();
            }
        }
        return taken.get() ? Taken.YES : Taken.NO;
    }

    /** The CA said with certainty that it never issued this. */
    void neverIssued(Fingerprint id, Instant at) {
        synchronized (neverIssued) {
            neverIssued.remove(id);
            neverIssued.put(id, at);
            if (neverIssued.size() > MAX_NEVER_ISSUED) {
                neverIssued.remove(neverIssued.keySet().iterator().next());
            }
        }
        markMustBeSaved();
    }

    /** When the CA last said that it never issued this. */
    Optional<Instant> neverIssuedSince(Fingerprint id) {
        synchronized (neverIssued) {
            return Optional.ofNullable(neverIssued.get(id));
        }
    }

    Map<Fingerprint, Instant> allNeverIssued() {
        synchronized (neverIssued) {
            return new LinkedHashMap<>(neverIssued);
        }
    }

    private void forgetNeverIssued(Fingerprint id) {
        synchronized (neverIssued) {
            neverIssued.remove(id);
        }
    }

    /** Forgets certificates that expired before {@code time}: kube-apiserver refuses those by itself. */
    void prune(Instant time) {
        if (credentials.values().removeIf(credential -> credential.notAfter().isBefore(time))) {
            changed = true;
        }
    }

    /** @param told after each change that may have changed who is refused */
    void whenRefusalsChange(Runnable told) {
        whenRefusalsChange = told;
    }

    /** @param told when something is to be saved soon */
    void whenMustBeSaved(Runnable told) {
        whenMustBeSaved = told;
    }

    private void refusalsChanged() {
        refusals.incrementAndGet();
        whenRefusalsChange.run();
    }

    /** Another number after each change that may have changed who is refused. */
    long refusals() {
        return refusals.get();
    }

    /** True where something changed since this was asked last that can be found out again. */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    /** True where something was refused since this was asked last. */
    boolean takeMustBeSaved() {
        boolean was = mustBeSaved;
        mustBeSaved = false;
        return was;
    }

    void markMustBeSaved() {
        mustBeSaved = true;
        whenMustBeSaved.run();
    }
}
