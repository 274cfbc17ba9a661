package dev.certfleet.agent.gate;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.wire.AgentAlarm;
import dev.certfleet.pki.wire.DoorProof;
import dev.certfleet.pki.wire.DoorProofs;
import dev.certfleet.pki.wire.FeedEntry;
import dev.certfleet.pki.wire.FeedPage;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A certfleet server of a few lists. */
final class FakeServer implements ServerConnection {
    private static final int PAGE = 3;

    private final Clock clock;
    private final List<FeedEntry> entries = new ArrayList<>();
    private final Map<String, byte[]> ledger = new HashMap<>();
    private final List<AgentAlarm> alarms = new ArrayList<>();
    private String epoch = "one";
    private boolean reachable = true;
    private boolean holdsBack = true;
    private int alarmsToRefuse;
    private int lookups;
    private boolean takesProofs = true;
    private final List<DoorProof> proofs = new ArrayList<>();
    private final List<String> shownMarks = new ArrayList<>();
    private @Nullable String mark;

    FakeServer(Clock clock) {
        this.clock = clock;
    }

    synchronized void reachable(boolean yes) {
        reachable = yes;
        notifyAll();
    }

    /** What a proxy does that cuts connections on which nothing happens. */
    synchronized void cutsWaitingConnections() {
        holdsBack = false;
    }

    synchronized void refuseAlarms(int count) {
        alarmsToRefuse = count;
    }

    synchronized void newHistory(String name) {
        epoch = name;
        entries.clear();
        notifyAll();
    }

    /** Only in the ledger; the feed does not tell of it. */
    synchronized void record(X509Certificate certificate) {
        ledger.put(Certificates.fingerprint(certificate), Certificates.der(certificate));
    }

    void issued(X509Certificate certificate) {
        record(certificate);
        tell("issued", certificate, null);
    }

    void revoked(X509Certificate certificate, String reason) {
        tell("revoked", certificate, reason);
    }

    /** Of a certificate that a node holds. */
    synchronized void revoked(X509Certificate certificate, String reason, List<String> addresses) {
        tell(new FeedEntry(
                entries.size() + 1L,
                "revoked",
                Certificates.fingerprint(certificate),
                Base64.getEncoder().encodeToString(Certificates.der(certificate)),
                reason,
                clock.instant().toString(),
                addresses));
    }

    void released(X509Certificate certificate) {
        tell("released", certificate, null);
    }

    private synchronized void tell(String kind, X509Certificate certificate, @Nullable String reason) {
        entries.add(new FeedEntry(
                entries.size() + 1L,
                kind,
                Certificates.fingerprint(certificate),
                Base64.getEncoder().encodeToString(Certificates.der(certificate)),
                reason,
                clock.instant().toString(),
                List.of()));
        notifyAll();
    }

    synchronized void tell(FeedEntry entry) {
        entries.add(entry);
        notifyAll();
    }

    synchronized long sequence() {
        return entries.size();
    }

    synchronized List<AgentAlarm> alarms() {
        return List.copyOf(alarms);
    }

    synchronized int lookups() {
        return lookups;
    }

    @Override
    public synchronized FeedAnswer feed(long after, Duration wait, @Nullable String shown)
            throws IOException, InterruptedException {
        check();
        shownMarks.add(String.valueOf(shown));
        if (wait.isPositive() && !holdsBack) {
            throw new IOException("the connection was cut");
        }
        long end = System.nanoTime() + wait.toNanos();
        while (reachable && entries.size() == after && end - System.nanoTime() > 1_000_000) {
            wait((end - System.nanoTime()) / 1_000_000);
        }
        check();
        List<FeedEntry> page = entries.stream()
                .filter(entry -> entry.sequence() > after)
                .limit(PAGE)
                .toList();
        long sequence = page.isEmpty()
                ? Math.min(after, entries.size())
                : page.getLast().sequence();
        return new FeedAnswer(new FeedPage(epoch, sequence, sequence < entries.size(), page), mark);
    }

    synchronized void mark(String text) {
        mark = text;
    }

    synchronized String lastShownMark() {
        return shownMarks.getLast();
    }

    synchronized List<DoorProof> proofs() {
        return List.copyOf(proofs);
    }

    synchronized void takesProofs(boolean yes) {
        takesProofs = yes;
    }

    @Override
    public synchronized void proofs(DoorProofs told) throws IOException {
        check();
        if (!takesProofs) {
            throw new IOException("not now");
        }
        proofs.addAll(told.proofs());
    }

    @Override
    public synchronized Optional<byte[]> certificate(String id) throws IOException {
        check();
        lookups++;
        return Optional.ofNullable(ledger.get(id));
    }

    @Override
    public synchronized void alarm(AgentAlarm alarm) throws IOException {
        check();
        if (alarmsToRefuse > 0) {
            alarmsToRefuse--;
            throw new IOException("not now");
        }
        alarms.add(alarm);
    }

    private void check() throws IOException {
        if (!reachable) {
            throw new IOException("nobody there");
        }
    }
}
