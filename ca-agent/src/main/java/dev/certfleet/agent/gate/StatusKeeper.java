package dev.certfleet.agent.gate;

import dev.certfleet.agent.gate.CredentialIndex.Taken;
import dev.certfleet.pki.ocsp.CertificateStatus;
import dev.certfleet.pki.ocsp.OcspClient;
import dev.certfleet.pki.ocsp.OcspException;
import java.math.BigInteger;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Keeps a signed answer for every certificate in the index: asked for at once where something changed or a caller waits, and
 * again in the background long before it is stale.
 */
final class StatusKeeper {
    /** Certificates asked for in one request. */
    private static final int BATCH = 10;

    private final CredentialIndex index;
    private final Supplier<Issuers> issuers;
    private final OcspClient ocsp;
    private final Executor executor;
    private final RetryDelay delay;
    private final Duration refreshAfter;
    private final Clock clock;
    private final GateMetrics metrics;

    private final Map<Fingerprint, CompletableFuture<Void>> asking = new ConcurrentHashMap<>();
    /** Certificates and responders that failed: not asked in the background before their time. */
    private final Map<Object, Pause> pauses = new ConcurrentHashMap<>();

    private record Pause(int failures, Instant until) {}

    StatusKeeper(
            CredentialIndex index,
            Supplier<Issuers> issuers,
            OcspClient ocsp,
            Executor executor,
            RetryDelay delay,
            Duration refreshAfter,
            Clock clock,
            GateMetrics metrics) {
        this.index = index;
        this.issuers = issuers;
        this.ocsp = ocsp;
        this.executor = executor;
        this.delay = delay;
        this.refreshAfter = refreshAfter;
        this.clock = clock;
        this.metrics = metrics;
    }

    /** Asks about one certificate now, unless that is under way; done when the answer is in the index, or there is none. */
    CompletableFuture<Void> ask(Credential credential) {
        CompletableFuture<Void> mine = new CompletableFuture<>();
        CompletableFuture<Void> other = asking.putIfAbsent(credential.id(), mine);
        if (other != null) {
            return other;
        }
        executor.execute(() -> {
            try {
                issuers.get().byId(credential.issuer()).ifPresent(issuer -> exchange(issuer, List.of(credential)));
            } finally {
                asking.remove(credential.id(), mine);
                mine.complete(null);
            }
        });
        return mine;
    }

    /** True where asking now is as good as hopeless, so that nobody should wait for it. */
    boolean paused(Credential credential) {
        return issuers.get()
                .byId(credential.issuer())
                .map(issuer -> paused(issuer.responder()) || paused(credential.id()))
                .orElse(true);
    }

    /** Whether something failed that is asked again soon. */
    boolean retries() {
        return !pauses.isEmpty();
    }

    private boolean paused(Object what) {
        Pause pause = pauses.get(what);
        return pause != null && pause.until().isAfter(clock.instant());
    }

    /** Asks about everything that is due, a batch at a time; returns when all was asked. */
    void refreshDue() {
        Issuers known = issuers.get();
        Map<Issuer, List<Credential>> due = new HashMap<>();
        Instant now = clock.instant();
        for (Credential credential : index.all()) {
            if (isDue(credential, now) && !paused(credential.id())) {
                Optional<Issuer> issuer = known.byId(credential.issuer());
                issuer.ifPresent(one ->
                        due.computeIfAbsent(one, key -> new ArrayList<>()).add(credential));
            }
        }
        due.forEach((issuer, credentials) -> {
            for (int from = 0; from < credentials.size() && !paused(issuer.responder()); from += BATCH) {
                exchange(issuer, credentials.subList(from, Math.min(from + BATCH, credentials.size())));
            }
        });
        pauses.values().removeIf(pause -> pause.until().isBefore(now.minus(refreshAfter)));
    }

    private boolean isDue(Credential credential, Instant now) {
        return switch (credential.standing()) {
            case Standing.Unchecked unchecked -> true;
            case Standing.Good good ->
                !good.checkedAt().plus(spread(credential)).isAfter(now);
            case Standing.Refused refused -> !refused.confirmed() || credential.released() != null;
            case Standing.Disowned disowned -> true;
        };
    }

    /** Between 80 and 100 % of the interval, always the same for one certificate, so that not all fall due together. */
    private Duration spread(Credential credential) {
        long percent = 80 + Math.floorMod(credential.id().first(), 21L);
        return refreshAfter.multipliedBy(percent).dividedBy(100);
    }

    private void exchange(Issuer issuer, List<Credential> credentials) {
        Map<BigInteger, Credential> bySerial = new HashMap<>();
        credentials.forEach(credential -> bySerial.put(credential.serial(), credential));
        try {
            Map<BigInteger, CertificateStatus> answers =
                    ocsp.ask(issuer.responder(), issuer.certificate(), List.copyOf(bySerial.keySet()));
            Instant now = clock.instant();
            metrics.ocspAnswered(now);
            pauses.remove(issuer.responder());
            answers.forEach((serial, answer) -> {
                Credential credential = bySerial.get(serial);
                if (credential != null) {
                    take(credential, answer, now);
                }
            });
        } catch (OcspException e) {
            metrics.ocsp(e.problem().name().toLowerCase(Locale.ROOT).replace('_', '-'));
            failed(issuer, credentials, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void take(Credential credential, CertificateStatus answer, Instant now) {
        Taken taken = index.answered(credential.id(), answer, now);
        if (taken == Taken.NO) {
            metrics.count("ocsp-answer-not-taken");
        }
        boolean settled =
                index.find(credential.id()).map(current -> !isDue(current, now)).orElse(true);
        if (settled) {
            pauses.remove(credential.id());
        } else {
            pause(credential.id());
        }
    }

    private void failed(Issuer issuer, List<Credential> credentials, OcspException e) {
        switch (e.problem()) {
            case UNREACHABLE, TRY_LATER, INTERNAL_ERROR, NOT_YET_VALID, STALE -> pause(issuer.responder());
            case TOO_LARGE,
                    MALFORMED,
                    MALFORMED_REQUEST,
                    SIGNATURE_REQUIRED,
                    UNAUTHORIZED,
                    UNSUPPORTED_ALGORITHM,
                    UNTRUSTED_SIGNER,
                    BAD_SIGNATURE,
                    NONCE_MISMATCH,
                    MISSING_CERTIFICATE -> {
                if (credentials.size() > 1) {
                    credentials.forEach(credential -> exchange(issuer, List.of(credential)));
                } else {
                    pause(credentials.getFirst().id());
                }
            }
        }
    }

    private void pause(Object what) {
        URI responder = what instanceof URI uri ? uri : null;
        pauses.compute(what, (key, before) -> {
            int failures = before == null ? 1 : before.failures() + 1;
            Duration pause = delay.after(failures);
            if (responder != null && failures == 1) {
                metrics.count("responder-paused");
            }
            return new Pause(failures, clock.instant().plus(pause));
        });
    }
}
