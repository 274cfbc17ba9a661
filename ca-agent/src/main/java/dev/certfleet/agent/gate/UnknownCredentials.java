package dev.certfleet.agent.gate;

import dev.certfleet.pki.Certificates;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Credentials that were shown before the feed told of them. The server is asked for the certificate by its id; what it gives
 * has to hash to that id and to be signed by one of the cluster's authorities. Where the server cannot be asked, the
 * credential is remembered and asked about in the background.
 */
final class UnknownCredentials {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");
    private static final int MAX_PENDING = 1024;
    private static final int AT_ONCE = 8;
    private static final Duration ASK_AGAIN = Duration.ofMinutes(1);

    private final CredentialIndex index;
    private final ServerConnection server;
    private final Supplier<Issuers> issuers;
    private final NeverIssued listener;
    private final Executor executor;
    private final RetryDelay delay;
    private final Clock clock;
    private final GateMetrics metrics;
    private final Semaphore places = new Semaphore(AT_ONCE);
    private final Map<Fingerprint, Pending> pending = new LinkedHashMap<>();

    /** Hears of a credential that the server itself said it never issued. */
    interface NeverIssued {
        void neverIssued(Fingerprint id, String caller);
    }

    private record Pending(
            String caller,
            int failures,
            Instant notBefore,
            @Nullable CompletableFuture<Void> asking) {}

    UnknownCredentials(
            CredentialIndex index,
            ServerConnection server,
            Supplier<Issuers> issuers,
            NeverIssued listener,
            Executor executor,
            RetryDelay delay,
            Clock clock,
            GateMetrics metrics) {
        this.index = index;
        this.server = server;
        this.issuers = issuers;
        this.listener = listener;
        this.executor = executor;
        this.delay = delay;
        this.clock = clock;
        this.metrics = metrics;
    }

    int size() {
        synchronized (pending) {
            return pending.size();
        }
    }

    /**
     * Asks the server unless that is under way or failed a moment ago.
     *
     * @param caller who showed it, for the alarm
     * @return done when the index knows more, or there was no answer; already done where waiting is hopeless
     */
    CompletableFuture<Void> ask(Fingerprint id, String caller) {
        synchronized (pending) {
            Pending known = pending.get(id);
            if (known != null && known.asking() != null) {
                return known.asking();
            }
            if (known != null && known.notBefore().isAfter(clock.instant())) {
                return CompletableFuture.completedFuture(null);
            }
            if (!places.tryAcquire()) {
                remember(id, known == null ? new Pending(caller, 0, clock.instant(), null) : known);
                metrics.count("lookup-without-room");
                return CompletableFuture.completedFuture(null);
            }
            CompletableFuture<Void> asking = new CompletableFuture<>();
            remember(id, new Pending(caller, known == null ? 0 : known.failures(), clock.instant(), asking));
            executor.execute(() -> {
                try {
                    lookUp(id, caller);
                } finally {
                    places.release();
                    asking.complete(null);
                }
            });
            return asking;
        }
    }

    /** A credential that the CA disowned is asked about again when it is shown after a while: a restored CA may catch up. */
    void askAgain(Fingerprint id, String caller, Instant disownedAt) {
        if (disownedAt.plus(ASK_AGAIN).isBefore(clock.instant())) {
            var _ = ask(id, caller);
        }
    }

    /** Asks about what is due in the background. */
    void retryDue() {
        List<Map.Entry<Fingerprint, Pending>> due;
        Instant now = clock.instant();
        synchronized (pending) {
            due = pending.entrySet().stream()
                    .filter(one -> one.getValue().asking() == null
                            && !one.getValue().notBefore().isAfter(now))
                    .limit(AT_ONCE)
                    .map(one -> Map.entry(one.getKey(), one.getValue()))
                    .toList();
        }
        due.forEach(one -> {
            var _ = ask(one.getKey(), one.getValue().caller());
        });
    }

    private void remember(Fingerprint id, Pending state) {
        pending.put(id, state);
        if (pending.size() > MAX_PENDING) {
            pending.remove(pending.keySet().iterator().next());
        }
    }

    private void lookUp(Fingerprint id, String caller) {
        try {
            Optional<byte[]> der = server.certificate(id.hex());
            if (der.isEmpty()) {
                if (index.find(id).isEmpty()) {
                    index.neverIssued(id, clock.instant());
                    listener.neverIssued(id, caller);
                }
                forget(id);
                return;
            }
            take(id, der.get());
            forget(id);
        } catch (IOException | CertificateException e) {
            metrics.count("lookup-failed");
            LOG.log(System.Logger.Level.DEBUG, "cannot look up the certificate {0}: {1}", id, e);
            again(id, caller);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            again(id, caller);
        }
    }

    private void take(Fingerprint id, byte[] der) throws CertificateException {
        if (!Certificates.fingerprint(der).equals(id.hex())) {
            throw new CertificateException("the server answered with another certificate");
        }
        X509Certificate certificate = Certificates.parse(der);
        Issuer issuer = issuers.get()
                .of(certificate)
                .orElseThrow(() -> new CertificateException("issued by none of the cluster's authorities"));
        index.issued(Credential.issued(
                id,
                certificate.getSerialNumber(),
                issuer.id(),
                certificate.getNotAfter().toInstant()));
    }

    private void forget(Fingerprint id) {
        synchronized (pending) {
            pending.remove(id);
        }
    }

    private void again(Fingerprint id, String caller) {
        synchronized (pending) {
            Pending known = pending.get(id);
            int failures = known == null ? 1 : known.failures() + 1;
            remember(id, new Pending(caller, failures, clock.instant().plus(delay.after(failures)), null));
        }
    }
}
