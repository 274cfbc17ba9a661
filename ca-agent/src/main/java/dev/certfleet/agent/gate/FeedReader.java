package dev.certfleet.agent.gate;

import dev.certfleet.agent.gate.CredentialIndex.FeedPosition;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.wire.FeedEntry;
import dev.certfleet.pki.wire.FeedPage;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Follows the server's feed. The server holds its answer back until there is something; where that does not work, because
 * something on the way cuts such connections, the feed is polled for a while. A revocation counts the moment it is read.
 */
final class FeedReader {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");
    private static final Duration POLL_FOR = Duration.ofMinutes(1);
    /** A server that answers sooner, and with nothing, does not hold its answers back. */
    private static final Duration HELD_BACK = Duration.ofSeconds(1);

    private static final String ISSUED = "issued";
    private static final String REVOKED = "revoked";
    private static final String RELEASED = "released";

    private final ServerConnection server;
    private final CredentialIndex index;
    private final StatusKeeper statuses;
    private final Supplier<Issuers> issuers;
    private final GateSettings settings;
    private final RetryDelay delay;
    private final Clock clock;
    private final GateMetrics metrics;
    private final Runnable save;
    private final RevocationListener listener;

    private int failures;
    private Instant pollUntil = Instant.MIN;
    private volatile boolean readToItsEnd;

    FeedReader(
            ServerConnection server,
            CredentialIndex index,
            StatusKeeper statuses,
            Supplier<Issuers> issuers,
            GateSettings settings,
            RetryDelay delay,
            Clock clock,
            GateMetrics metrics,
            Runnable save,
            RevocationListener listener) {
        this.server = server;
        this.index = index;
        this.statuses = statuses;
        this.issuers = issuers;
        this.settings = settings;
        this.delay = delay;
        this.clock = clock;
        this.metrics = metrics;
        this.save = save;
        this.listener = listener;
    }

    /** False until the feed was read to its end once, in this run or in the one that left the state behind. */
    boolean readToItsEnd() {
        return readToItsEnd;
    }

    /** What an earlier run read counts. */
    void continueFrom(FeedPosition position) {
        readToItsEnd = !position.epoch().isEmpty();
    }

    /** Reads until interrupted. */
    void run() throws InterruptedException {
        while (!Thread.currentThread().isInterrupted()) {
            Thread.sleep(readOnce());
        }
    }

    /** Reads one page; returns the pause before the next. */
    Duration readOnce() throws InterruptedException {
        if (issuers.get().byId().isEmpty()) {
            return settings.pollInterval();
        }
        Instant began = clock.instant();
        boolean polling = began.isBefore(pollUntil);
        try {
            FeedAnswer answer = server.feed(
                    index.position().sequence(),
                    polling || !readToItsEnd ? Duration.ZERO : settings.feedWait(),
                    index.mark().map(Mark::text).orElse(null));
            failures = 0;
            metrics.feedAnswered(clock.instant());
            return take(answer, polling, began);
        } catch (IOException | RuntimeException e) {
            failures++;
            metrics.count("feed-failed");
            LOG.log(
                    failures == 1 ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG,
                    "the feed does not answer: {0}",
                    e.toString());
            pollUntil = clock.instant().plus(POLL_FOR);
            return delay.after(failures);
        }
    }

    private Duration take(FeedAnswer answer, boolean polling, Instant began) {
        FeedPage page = answer.page();
        FeedPosition position = index.position();
        boolean otherHistory =
                !page.epoch().equals(position.epoch()) && (!position.epoch().isEmpty() || position.sequence() != 0);
        if (otherHistory || page.sequence() < position.sequence()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the feed begins a new history ({0}, was {1}): reading it from its start, what is revoked stays so",
                    page.epoch(),
                    position.epoch());
            metrics.count("feed-new-history");
            index.position(new FeedPosition(page.epoch(), 0));
            return settings.pollInterval();
        }
        boolean urgent = apply(page.entries());
        index.position(new FeedPosition(page.epoch(), page.sequence()));
        takeMark(answer);
        boolean caughtUp = !page.more() && !readToItsEnd;
        if (caughtUp) {
            readToItsEnd = true;
        }
        if (urgent || caughtUp) {
            save.run();
        }
        boolean advanced = page.sequence() > position.sequence();
        if (caughtUp || (advanced && (page.more() || !polling))) {
            return Duration.ZERO;
        }
        boolean heldBack = Duration.between(began, clock.instant()).compareTo(HELD_BACK) >= 0;
        return heldBack && !polling ? Duration.ZERO : settings.pollInterval();
    }

    /** That of another history counts only when that history was read. */
    private void takeMark(FeedAnswer answer) {
        String text = answer.mark();
        if (text == null) {
            return;
        }
        Mark told = new Mark(text, answer.page().epoch(), answer.page().sequence());
        Mark known = index.mark().orElse(null);
        if (known == null
                || known.epoch().equals(told.epoch())
                || !answer.page().more()) {
            index.mark(Mark.newer(known, told));
        }
    }

    private boolean apply(List<FeedEntry> entries) {
        Map<String, Long> released = new HashMap<>();
        entries.stream()
                .filter(entry -> RELEASED.equals(entry.kind()))
                .forEach(entry -> released.put(entry.id(), entry.sequence()));
        boolean urgent = false;
        for (FeedEntry entry : entries) {
            try {
                urgent |= apply(entry, released);
            } catch (CertificateException | IllegalArgumentException | DateTimeException e) {
                metrics.count("feed-entry-unreadable");
                LOG.log(
                        System.Logger.Level.WARNING,
                        "entry {0} of the feed cannot be used: {1}",
                        Long.toString(entry.sequence()),
                        e.toString());
            }
        }
        return urgent;
    }

    /** True where the entry has to survive a crash that follows at once. */
    private boolean apply(FeedEntry entry, Map<String, Long> released) throws CertificateException {
        Instant at = Instant.parse(entry.at());
        return switch (entry.kind()) {
            case ISSUED -> {
                credential(entry, false).ifPresent(index::issued);
                yield false;
            }
            case REVOKED -> {
                RevocationReason reason =
                        entry.reason() == null ? RevocationReason.UNSPECIFIED : reason(entry.reason());
                boolean isHistory = released.getOrDefault(entry.id(), 0L) > entry.sequence();
                if (reason == RevocationReason.CERTIFICATE_HOLD && isHistory) {
                    yield false;
                }
                credential(entry, true).ifPresent(credential -> {
                    Credential now = index.revoked(credential, reason, at);
                    metrics.revocationTold(Duration.between(at, clock.instant()).toMillis() / 1000.0);
                    LOG.log(System.Logger.Level.INFO, "revoked: {0}, {1}", now.id(), reason.label());
                    var _ = statuses.ask(now);
                });
                listener.revoked(new RevocationListener.Revoked(
                        entry.id(),
                        Certificates.parse(Base64.getDecoder().decode(entry.certificate())),
                        reason,
                        at,
                        entry.addresses() == null ? List.of() : List.copyOf(entry.addresses())));
                yield true;
            }
            case RELEASED -> {
                credential(entry, false).ifPresent(credential -> {
                    var _ = statuses.ask(index.released(credential, at));
                });
                yield true;
            }
            default -> {
                metrics.count("feed-entry-unknown");
                yield false;
            }
        };
    }

    /** A reason that a newer server may know is a revocation all the same. */
    private static RevocationReason reason(String label) {
        try {
            return RevocationReason.of(label);
        } catch (IllegalArgumentException e) {
            return RevocationReason.UNSPECIFIED;
        }
    }

    /**
     * The entry's certificate, named and placed by own hashing. One that is signed by no authority known here is passed over,
     * unless {@code always}: to refuse it costs nothing.
     */
    private Optional<Credential> credential(FeedEntry entry, boolean always) throws CertificateException {
        byte[] der = Base64.getDecoder().decode(entry.certificate());
        String id = Certificates.fingerprint(der);
        if (!id.equals(entry.id())) {
            throw new CertificateException("the certificate is not the one that the entry names");
        }
        Fingerprint fingerprint = Fingerprint.parse(id).orElseThrow();
        Optional<Credential> known = index.find(fingerprint);
        if (known.isPresent() && !known.get().issuer().isEmpty()) {
            return known;
        }
        X509Certificate certificate = Certificates.parse(der);
        Instant notAfter = certificate.getNotAfter().toInstant();
        if (notAfter.isBefore(clock.instant().minus(Gate.KEEP_EXPIRED))) {
            return Optional.empty();
        }
        Optional<Issuer> issuer = issuers.get().of(certificate);
        if (issuer.isEmpty() && !always) {
            metrics.count("feed-entry-of-other-authority");
            return Optional.empty();
        }
        String issuerId = issuer.map(Issuer::id).orElse("");
        return Optional.of(known.map(credential -> index.issuedBy(credential, issuerId))
                .orElseGet(() -> Credential.issued(fingerprint, certificate.getSerialNumber(), issuerId, notAfter)));
    }
}
