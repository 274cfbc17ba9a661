package dev.certfleet.agent.gate;

import dev.certfleet.agent.gate.RevocationListener.Revoked;
import dev.certfleet.pki.wire.DoorProof;
import dev.certfleet.pki.wire.DoorProofs;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * Proves to the server that this node's kube-apiserver refuses what was revoked: not that the gate was told, but that an access
 * review through that kube-apiserver is denied, and that what it may have cached before has run out. Of a certificate that is
 * refused by taking its authority out of a file, the proof is that kube-apiserver no longer names the authority in a handshake.
 * Tried again until it is proved and the server took it, or the certificate has expired.
 */
final class ProofKeeper {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");
    private static final String DOOR = "kube-apiserver";
    private static final String BY_REVIEW = "review-denied";
    private static final String BY_HANDSHAKE = "authority-not-accepted";
    private static final String AUTHENTICATED = "system:authenticated";
    private static final int BATCH = 500;
    private static final int AT_ONCE = 8;
    private static final Duration NOTHING_TO_DO = Duration.ofMinutes(1);

    private final CredentialIndex index;
    private final ServerConnection server;
    private final ApiServer apiServer;
    private final Duration cacheFor;
    private final ExecutorService executor;
    private final RetryDelay delay;
    private final Clock clock;
    private final GateMetrics metrics;
    private final Semaphore places = new Semaphore(AT_ONCE);
    private final Map<String, Pending> pending = new LinkedHashMap<>();
    private final Bell bell = new Bell();
    private boolean changed;
    private int reportFailures;
    private Instant nextReport = Instant.MIN;

    /**
     * A proof to be had.
     *
     * @param user whom kube-apiserver takes the holder for
     * @param authority DER of the authority's name in base64 where its leaving the handshake is the proof; empty where a review is
     * @param notAfter end of the certificate, milliseconds since 1970
     * @param at when it was proved, RFC 3339; empty before
     */
    record Pending(
            String id, String user, List<String> groups, String authority, long notAfter, String evidence, String at) {
        boolean byReview() {
            return authority.isEmpty();
        }

        Pending proved(String how, Instant when) {
            String time = when.truncatedTo(ChronoUnit.MILLIS).toString();
            return new Pending(id, user, groups, authority, notAfter, how, time);
        }
    }

    /** When a proof that failed is tried again; not worth remembering over a restart. */
    private record Retry(int failures, Instant notBefore) {}

    private final Map<String, Retry> retries = new LinkedHashMap<>();

    ProofKeeper(
            CredentialIndex index,
            ServerConnection server,
            ApiServer apiServer,
            Duration cacheFor,
            ExecutorService executor,
            RetryDelay delay,
            Clock clock,
            GateMetrics metrics) {
        this.index = index;
        this.server = server;
        this.apiServer = apiServer;
        this.cacheFor = cacheFor;
        this.executor = executor;
        this.delay = delay;
        this.clock = clock;
        this.metrics = metrics;
    }

    /**
     * A proof is wanted from now on.
     *
     * @param byReview whether kube-apiserver's authorizers refuse it; else its authority has to leave the handshake
     */
    void revoked(Revoked revocation, boolean byReview) {
        X509Certificate certificate = revocation.certificate();
        Instant end = certificate.getNotAfter().toInstant();
        if (end.isBefore(clock.instant())) {
            return;
        }
        CertificateSubject subject = CertificateSubject.of(certificate);
        List<String> groups = new ArrayList<>(subject.groups());
        groups.add(AUTHENTICATED);
        String authority = byReview
                ? ""
                : Base64.getEncoder()
                        .encodeToString(certificate.getIssuerX500Principal().getEncoded());
        Pending wanted = new Pending(revocation.id(), subject.user(), groups, authority, end.toEpochMilli(), "", "");
        synchronized (pending) {
            pending.put(wanted.id(), wanted);
            retries.remove(wanted.id());
            changed = true;
        }
        bell.ring();
    }

    /** Takes over what an earlier run left to be proved. */
    void restore(List<Pending> left) {
        synchronized (pending) {
            left.forEach(one -> pending.put(one.id(), one));
        }
    }

    List<Pending> all() {
        synchronized (pending) {
            return List.copyOf(pending.values());
        }
    }

    int size() {
        synchronized (pending) {
            return pending.size();
        }
    }

    /** True where there is something to save since this was asked last. */
    boolean takeChanged() {
        synchronized (pending) {
            boolean was = changed;
            changed = false;
            return was;
        }
    }

    /** Until interrupted. */
    void run() throws InterruptedException {
        while (!Thread.currentThread().isInterrupted()) {
            boolean tried = proveDue();
            boolean told = reportDue();
            if (!tried && !told) {
                bell.await(untilNext());
            }
        }
    }

    private Duration untilNext() {
        Instant now = clock.instant();
        synchronized (pending) {
            return pending.values().stream()
                    .map(one -> Duration.between(now, nextLook(one)))
                    .min(Comparator.naturalOrder())
                    .filter(pause -> pause.compareTo(NOTHING_TO_DO) < 0)
                    .orElse(NOTHING_TO_DO);
        }
    }

    private Instant nextLook(Pending one) {
        if (!one.at().isEmpty()) {
            return nextReport;
        }
        Retry retry = retries.get(one.id());
        return retry == null ? Instant.MIN : retry.notBefore();
    }

    /** Tries a batch; false where there was nothing to try. */
    boolean proveDue() throws InterruptedException {
        List<Pending> due = due();
        if (due.isEmpty()) {
            return false;
        }
        List<Pending> byReview = reviewed(due.stream().filter(Pending::byReview).toList());
        if (!byReview.isEmpty()) {
            // Only from then on can no earlier answer come out of kube-apiserver's cache.
            Thread.sleep(cacheFor);
        }
        byReview.forEach(one -> proved(one, BY_REVIEW));
        List<Pending> byHandshake = due.stream().filter(one -> !one.byReview()).toList();
        if (!byHandshake.isEmpty()) {
            handshake(byHandshake);
        }
        return true;
    }

    private List<Pending> due() {
        Instant now = clock.instant();
        synchronized (pending) {
            if (pending.values().removeIf(one -> isOver(one, now))) {
                changed = true;
            }
            retries.keySet().retainAll(pending.keySet());
            return pending.values().stream()
                    .filter(one -> one.at().isEmpty() && isDue(one, now))
                    .limit(BATCH)
                    .toList();
        }
    }

    private boolean isDue(Pending one, Instant now) {
        Retry retry = retries.get(one.id());
        return retry == null || !retry.notBefore().isAfter(now);
    }

    /** Expired, or a hold that was taken back. */
    private boolean isOver(Pending one, Instant now) {
        if (one.notAfter() < now.toEpochMilli()) {
            return true;
        }
        Optional<Credential> credential = Fingerprint.parse(one.id()).flatMap(index::find);
        return credential.isPresent() && !(credential.get().standing() instanceof Standing.Refused);
    }

    private List<Pending> reviewed(List<Pending> due) throws InterruptedException {
        Map<Pending, Future<Boolean>> answers = new LinkedHashMap<>();
        AtomicBoolean away = new AtomicBoolean();
        for (Pending one : due) {
            places.acquire();
            answers.put(one, executor.submit(() -> {
                try {
                    return !away.get() && isDenied(one, away);
                } finally {
                    places.release();
                }
            }));
        }
        List<Pending> denied = new ArrayList<>();
        for (Map.Entry<Pending, Future<Boolean>> answer : answers.entrySet()) {
            if (get(answer.getValue())) {
                denied.add(answer.getKey());
            } else {
                again(answer.getKey());
            }
        }
        return denied;
    }

    private static boolean get(Future<Boolean> answer) throws InterruptedException {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a review ended in a defect", e.getCause());
        }
    }

    /** @param away set where kube-apiserver does not answer, so that the rest of the batch does not wait for it as well */
    private boolean isDenied(Pending one, AtomicBoolean away) {
        try {
            ApiServer.Review review = apiServer.review(one.user(), one.groups(), AccessReview.X509 + one.id());
            return review.denied() && review.why().contains(PushedList.REFUSAL);
        } catch (ApiServer.RefusedException e) {
            // The node's own certificate is the revoked one, and its own request was refused for that.
            return e.certificate().equals(one.id());
        } catch (IOException e) {
            away.set(true);
            metrics.count("proof-failed");
            LOG.log(System.Logger.Level.DEBUG, "kube-apiserver cannot be asked about {0}: {1}", one.id(), e);
            return false;
        }
    }

    private void handshake(List<Pending> due) {
        try {
            Set<X500Principal> accepted = apiServer.acceptedAuthorities();
            for (Pending one : due) {
                if (accepted.contains(new X500Principal(Base64.getDecoder().decode(one.authority())))) {
                    again(one);
                } else {
                    proved(one, BY_HANDSHAKE);
                }
            }
        } catch (IOException e) {
            metrics.count("proof-failed");
            LOG.log(System.Logger.Level.DEBUG, "no handshake with kube-apiserver: {0}", e.toString());
            due.forEach(this::again);
        }
    }

    private void proved(Pending one, String how) {
        metrics.count("proof-" + how);
        synchronized (pending) {
            pending.replace(one.id(), one, one.proved(how, clock.instant()));
            changed = true;
        }
    }

    private void again(Pending one) {
        synchronized (pending) {
            @Nullable Retry before = retries.get(one.id());
            int failures = before == null ? 1 : before.failures() + 1;
            retries.put(one.id(), new Retry(failures, clock.instant().plus(delay.after(failures))));
        }
    }

    /** Tells the server what is proved; false where there was nothing to tell. */
    boolean reportDue() throws InterruptedException {
        if (clock.instant().isBefore(nextReport)) {
            return false;
        }
        List<Pending> ready;
        synchronized (pending) {
            ready = pending.values().stream()
                    .filter(one -> !one.at().isEmpty())
                    .limit(BATCH)
                    .toList();
        }
        if (ready.isEmpty()) {
            return false;
        }
        try {
            report(ready);
            reportFailures = 0;
            return true;
        } catch (IOException e) {
            reportFailures++;
            nextReport = clock.instant().plus(delay.after(reportFailures));
            metrics.count("proof-not-reported");
            LOG.log(
                    reportFailures == 1 ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG,
                    "the server does not take proofs: {0}",
                    e.toString());
            return false;
        }
    }

    /** One that the server does not take, such as of a hold that was just released, must not keep the others back. */
    private void report(List<Pending> ready) throws IOException, InterruptedException {
        try {
            server.proofs(new DoorProofs(ready.stream()
                    .map(one -> new DoorProof(one.id(), DOOR, one.evidence(), one.at()))
                    .toList()));
            told(ready, "proof-reported");
        } catch (ServerConnection.NotTakenException e) {
            if (ready.size() > 1) {
                report(ready.subList(0, ready.size() / 2));
                report(ready.subList(ready.size() / 2, ready.size()));
            } else {
                LOG.log(System.Logger.Level.WARNING, "the server does not take a proof: {0}", e.getMessage());
                told(ready, "proof-not-taken");
            }
        }
    }

    private void told(List<Pending> ready, String event) {
        synchronized (pending) {
            ready.forEach(one -> pending.remove(one.id(), one));
            changed = true;
        }
        ready.forEach(one -> metrics.count(event));
    }
}
