package dev.certfleet.agent.gate;

import dev.certfleet.agent.gate.Decision.Denied;
import dev.certfleet.agent.gate.Decision.NoOpinion;
import dev.certfleet.agent.gate.Decision.Outcome;
import dev.certfleet.agent.gate.GatePolicy.Verdict;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.ocsp.OcspClient;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The revocation gate without its door ({@link GateServer}): what it knows, how it keeps up to date, and how it decides.
 *
 * <p>It decides from memory. Only for a certificate that was never seen before does a request wait, and for no longer than
 * {@link GateSettings#lookupTime}; where that is not enough, {@link GatePolicy} answers while the gate goes on asking.
 */
public final class Gate implements AutoCloseable {
    /** Entries stay for this long after their certificate expired: clocks may be set back. */
    static final Duration KEEP_EXPIRED = Duration.ofDays(1);

    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");
    private static final Duration TICK = Duration.ofSeconds(1);
    /** Between two looks while nothing is under way. */
    private static final Duration IDLE_TICK = Duration.ofSeconds(5);
    /** For what can be found out again: the file is written whole, and on the disk that etcd needs. */
    private static final Duration BETWEEN_SAVES = Duration.ofMinutes(5);

    private static final Duration BETWEEN_PRUNES = Duration.ofMinutes(10);

    /** id-kp-clientAuth, RFC 5280 section 4.2.1.12. */
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    private final GateSettings settings;
    private final Clock clock;
    private final StateFile stateFile;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final CredentialIndex index = new CredentialIndex();
    private final GateMetrics metrics = new GateMetrics();
    private final Alarms alarms;
    private final StatusKeeper statuses;
    private final UnknownCredentials unknown;
    private final UnknownCredentials audited;
    private final FeedReader feed;
    private final boolean hasDoor;
    private final GateNode node;
    private final ProofFile proofFile;
    private final ProofKeeper proofs;
    private final ListKeeper list;
    private final AuditWatch auditWatch;
    private final AuditFollower audit;
    private final ConnectionCutter cutter;
    private final RevocationListener listener;
    private final Bell upkeepDue = new Bell();

    private final Supplier<Issuers> issuers;
    private List<ProofKeeper.Pending> savedProofs = List.of();
    private boolean saveFails;
    private volatile Supplier<Optional<Instant>> servingUntil = Optional::empty;

    /**
     * @param issuers the authorities as they are assigned at the moment; {@link Issuers#none()} before that is known
     * @param door the node whose kube-apiserver asks it; empty where nobody does, and it follows the feed for the listener alone
     * @param listener hears of each revocation that the feed tells of
     * @param stateFile where the index is kept; its folder is created
     */
    public Gate(
            GateSettings settings,
            Path stateFile,
            ServerConnection server,
            OcspClient ocsp,
            Supplier<Issuers> issuers,
            Optional<GateNode> door,
            RevocationListener listener,
            Clock clock,
            RandomGenerator random) {
        this.settings = settings;
        this.clock = clock;
        this.hasDoor = door.isPresent();
        this.node = door.orElseGet(GateNode::withoutDoor);
        this.listener = listener;
        this.issuers = issuers;
        this.stateFile = new StateFile(stateFile);
        this.proofFile = new ProofFile(stateFile.resolveSibling("proofs.json"));
        index.whenMustBeSaved(upkeepDue::ring);
        RetryDelay quick = new RetryDelay(Duration.ofSeconds(1), Duration.ofSeconds(30), random);
        this.alarms = new Alarms(server, quick, clock, metrics);
        this.statuses =
                new StatusKeeper(index, issuers, ocsp, executor, quick, settings.refreshAfter(), clock, metrics);
        // Whoever may create access reviews can invent a credential: that one is refused, and alarms nobody.
        this.unknown = new UnknownCredentials(
                index,
                server,
                issuers,
                (id, caller) -> metrics.count("review-never-issued"),
                executor,
                quick,
                clock,
                metrics);
        this.audited =
                new UnknownCredentials(index, server, issuers, alarms::neverIssued, executor, quick, clock, metrics);
        CallerMemory callers = new CallerMemory();
        this.auditWatch = new AuditWatch(index, callers, audited, alarms, clock);
        this.audit =
                new AuditFollower(node.auditLog(), stateFile.resolveSibling("audit.json"), auditWatch, clock, metrics);
        this.cutter = new ConnectionCutter(callers, node.killer(), node.apiServerPort(), clock, metrics);
        this.proofs = new ProofKeeper(
                index,
                server,
                node.apiServer(),
                settings.cacheFor(),
                executor,
                new RetryDelay(Duration.ofMillis(250), Duration.ofMinutes(1), random),
                clock,
                metrics);
        this.feed = new FeedReader(
                server, index, statuses, issuers, settings, quick, clock, metrics, this::save, this::revoked);
        this.list = new ListKeeper(index, feed::readToItsEnd, node.publisher(), node.apiServer(), clock, metrics);
    }

    /** Takes over what an earlier run knew, and begins to keep up to date. */
    public void start() {
        if (stateFile.load(index)) {
            feed.continueFrom(index.position());
        }
        if (hasDoor) {
            startDoor();
        }
        run("feed", feed::run);
        run("upkeep", this::upkeep);
    }

    private void startDoor() {
        proofs.restore(proofFile.load());
        // Before anything can change, so that kube-apiserver has the list from the first moment on.
        list.publishIfDue();
        run("alarms", alarms::run);
        run("list", list::run);
        run("proofs", proofs::run);
        run("audit", audit::run);
        run("cutter", cutter::run);
    }

    /** What the server wants to be shown on every call. */
    public Optional<Mark> mark() {
        return index.mark();
    }

    private void revoked(RevocationListener.Revoked revocation) {
        if (hasDoor && opensKubeApiserver(revocation.certificate())) {
            boolean byReview = isAskedAbout(revocation.id());
            proofs.revoked(revocation, byReview);
            cutter.revoked(revocation);
            if (!byReview) {
                node.poll().run();
            }
        }
        listener.revoked(revocation);
    }

    private boolean opensKubeApiserver(X509Certificate certificate) {
        try {
            List<String> usages = certificate.getExtendedKeyUsage();
            return usages != null
                    && usages.contains(CLIENT_AUTH)
                    && !issuers.get().elsewhere().contains(certificate.getIssuerX500Principal());
        } catch (CertificateParsingException e) {
            return true;
        }
    }

    /** False of a certificate whose authority kube-apiserver takes by a file alone. The index knows who signed it. */
    private boolean isAskedAbout(String id) {
        return Fingerprint.parse(id)
                .flatMap(index::find)
                .map(credential -> issuers.get().kubernetes().contains(credential.issuer()))
                .orElse(false);
    }

    /** A loop that ends by interruption. */
    private interface Loop {
        void run() throws InterruptedException;
    }

    private void run(String name, Loop loop) {
        executor.execute(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    loop.run();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (RuntimeException e) {
                    metrics.count(name + "-defect");
                    LOG.log(System.Logger.Level.ERROR, name + " goes on after a defect", e);
                    pauseAfterDefect();
                }
            }
        });
    }

    private static void pauseAfterDefect() {
        try {
            Thread.sleep(TICK);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void upkeep() throws InterruptedException {
        Instant nextSave = clock.instant().plus(BETWEEN_SAVES);
        Instant nextPrune = clock.instant().plus(BETWEEN_PRUNES);
        while (!Thread.currentThread().isInterrupted()) {
            boolean isIdle = !statuses.retries() && unknown.size() == 0 && audited.size() == 0;
            // One wait where nobody rings: each costs a wake-up of two threads.
            if (!isIdle || upkeepDue.await(IDLE_TICK)) {
                Thread.sleep(TICK);
            }
            statuses.refreshDue();
            unknown.retryDue();
            audited.retryDue();
            if (hasDoor) {
                auditWatch.look(audit.events(), metrics.decisions());
            }
            Instant now = clock.instant();
            if (!now.isBefore(nextPrune)) {
                index.prune(now.minus(KEEP_EXPIRED));
                nextPrune = now.plus(BETWEEN_PRUNES);
            }
            boolean due = !now.isBefore(nextSave) && index.takeChanged();
            if (index.takeMustBeSaved() || proofs.takeChanged() || due) {
                save();
                nextSave = now.plus(BETWEEN_SAVES);
            }
        }
    }

    private synchronized void save() {
        try {
            // The feed's place goes last: what it told before that place is not told again.
            List<ProofKeeper.Pending> wanted = proofs.all();
            if (!wanted.equals(savedProofs)) {
                proofFile.save(wanted);
                savedProofs = wanted;
            }
            stateFile.save(index);
            saveFails = false;
        } catch (IOException e) {
            index.markMustBeSaved();
            metrics.count("save-failed");
            LOG.log(
                    saveFails ? System.Logger.Level.DEBUG : System.Logger.Level.ERROR,
                    "the gate''s state cannot be saved, it goes on in memory: {0}",
                    e.toString());
            saveFails = true;
        }
    }

    /**
     * The answer for one caller.
     *
     * @param credentialIds what kube-apiserver says the caller proved to hold: each {@code X509SHA256=} and a fingerprint
     * @param caller for the log and the alarm
     */
    Decision decide(List<String> credentialIds, String caller) {
        Decision decision = new NoOpinion(Outcome.NOT_X509);
        for (String credentialId : credentialIds) {
            if (credentialId.startsWith(AccessReview.X509)) {
                decision = Fingerprint.parse(credentialId.substring(AccessReview.X509.length()))
                        .map(id -> decide(id, caller))
                        .orElseGet(() -> new Denied(Outcome.MALFORMED, "not a credential id of kube-apiserver"));
            }
            if (decision instanceof Denied) {
                break;
            }
        }
        metrics.decided(decision);
        return decision;
    }

    private Decision decide(Fingerprint id, String caller) {
        // 1. What is known, at once.
        Optional<Credential> known = index.find(id);
        if (known.isPresent() && isSettled(known.get())) {
            return judge(known.get());
        }
        Optional<Instant> disownedAt = known.isPresent() ? Optional.empty() : index.neverIssuedSince(id);
        if (disownedAt.isPresent()) {
            unknown.askAgain(id, caller, disownedAt.get());
            return neverIssued(id);
        }
        // 2. What can be found out while the caller waits: is it one of the CA's, and is it good?
        long deadline = System.nanoTime() + settings.lookupTime().toNanos();
        if (known.isEmpty()) {
            await(unknown.ask(id, caller), deadline);
            known = index.find(id);
        }
        if (known.isPresent() && !isSettled(known.get()) && !statuses.paused(known.get())) {
            await(statuses.ask(known.get()), deadline);
            known = index.find(id);
        }
        // 3. What follows from it.
        if (known.isPresent()) {
            return judge(known.get());
        }
        if (index.neverIssuedSince(id).isPresent()) {
            return neverIssued(id);
        }
        return cannotKnow(Outcome.UNCONFIRMED, settings.policy().unconfirmed(), "is not known to the CA yet");
    }

    private boolean isSettled(Credential credential) {
        return switch (credential.standing()) {
            case Standing.Refused refused -> true;
            case Standing.Good good -> !isStale(good);
            case Standing.Unchecked unchecked -> false;
            case Standing.Disowned disowned -> true;
        };
    }

    private boolean isStale(Standing.Good good) {
        return good.checkedAt().plus(settings.staleAfter()).isBefore(clock.instant());
    }

    private Decision judge(Credential credential) {
        return switch (credential.standing()) {
            case Standing.Refused refused -> new Denied(Outcome.REVOKED, reason(credential, refused));
            case Standing.Good good when !isStale(good) -> new NoOpinion(Outcome.GOOD);
            case Standing.Good good ->
                cannotKnow(
                        Outcome.UNREACHABLE,
                        settings.policy().unreachable(),
                        "was last checked at " + good.checkedAt());
            case Standing.Unchecked unchecked ->
                cannotKnow(Outcome.UNREACHABLE, settings.policy().unreachable(), "could not be checked yet");
            case Standing.Disowned disowned ->
                cannotKnow(Outcome.UNCONFIRMED, settings.policy().unconfirmed(), "is not known to the OCSP responder");
        };
    }

    private static String reason(Credential credential, Standing.Refused refused) {
        return "certificate revoked: serial " + Certificates.serial(credential.serial()) + ", reason "
                + refused.reason().label() + ", since " + refused.since().truncatedTo(ChronoUnit.SECONDS);
    }

    private Decision neverIssued(Fingerprint id) {
        return settings.policy().neverIssued() == Verdict.DENY
                ? new Denied(Outcome.NEVER_ISSUED, "certificate never issued by this cluster's CA: " + id)
                : new NoOpinion(Outcome.NEVER_ISSUED);
    }

    private Decision cannotKnow(Outcome outcome, Verdict verdict, String why) {
        boolean fresh = !feed.readToItsEnd();
        Outcome told = fresh ? Outcome.FRESH_START : outcome;
        return (fresh ? settings.policy().freshStart() : verdict) == Verdict.DENY
                ? new Denied(told, "certificate cannot be checked: it " + why)
                : new NoOpinion(told);
    }

    private static void await(CompletableFuture<Void> answer, long deadline) {
        try {
            answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            // The policy answers; the question stays under way.
        } catch (ExecutionException e) {
            throw new IllegalStateException("these futures complete in no other way", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Where the end of the serving certificate is known. */
    void servingUntil(Supplier<Optional<Instant>> end) {
        servingUntil = end;
    }

    /** Has the AuthorizationConfiguration written anew, since the authorities beside it changed. */
    public void writeListAnew() {
        list.writeAnew();
    }

    /** The gate at this moment. */
    public GateState state() {
        int revoked = 0;
        int unconfirmed = 0;
        int unchecked = 0;
        int stale = 0;
        int disowned = 0;
        for (Credential credential : index.all()) {
            switch (credential.standing()) {
                case Standing.Refused refused -> {
                    revoked++;
                    unconfirmed += refused.confirmed() ? 0 : 1;
                }
                case Standing.Good good -> stale += isStale(good) ? 1 : 0;
                case Standing.Unchecked one -> unchecked++;
                case Standing.Disowned one -> disowned++;
            }
        }
        @Nullable Instant lastFeed = metrics.lastFeed();
        return new GateState(
                clock.instant(),
                !feed.readToItsEnd(),
                index.size(),
                revoked,
                unconfirmed,
                unchecked,
                stale,
                disowned,
                index.allNeverIssued().size(),
                unknown.size() + audited.size(),
                index.position().sequence(),
                lastFeed,
                metrics.lastOcsp(),
                servingUntil.get().orElse(null),
                metrics.decisions(),
                metrics.denied(),
                list.state(),
                proofs.size(),
                new GateState.Audit(audit.problem(), auditWatch.standsStill(), audit.lastEvent(), audit.events()));
    }

    /** The metrics in Prometheus' text format. */
    public String prometheus() {
        return metrics.prometheus(state());
    }

    /** Ends the loops and saves what is known. */
    @Override
    public void close() {
        executor.shutdownNow();
        audit.end();
        save();
    }
}
