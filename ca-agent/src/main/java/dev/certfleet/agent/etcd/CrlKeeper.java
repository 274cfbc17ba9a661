package dev.certfleet.agent.etcd;

import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.crl.RevocationList;
import dev.certfleet.pki.ocsp.OcspClient;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Keeps the published CRL new: fetches, checks, publishes, and puts back what somebody else changed. */
final class CrlKeeper {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.etcd");
    /** Where the feed tells of nothing, or is silent. */
    private static final Duration REGULAR = Duration.ofMinutes(1);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final int MOST_DOUBLINGS = 8;

    private final CrlFile file;
    private final CrlSource source;
    private final OcspClient ocsp;
    private final Clock clock;
    private final ConcurrentMap<String, LongAdder> events = new ConcurrentHashMap<>();

    private String tag = "";
    private @Nullable Situation fetchedFor;
    private volatile boolean hurried;
    private int tries;
    private Instant due = Instant.MIN;
    private volatile @Nullable String problem;
    private volatile @Nullable Instant putRightAt;

    CrlKeeper(CrlFile file, CrlSource source, OcspClient ocsp, Clock clock) {
        this.file = file;
        this.source = source;
        this.ocsp = ocsp;
        this.clock = clock;
    }

    CrlFile file() {
        return file;
    }

    Optional<RevocationList> published() {
        return file.published();
    }

    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    /** When the file was found changed by somebody else last. */
    Optional<Instant> putRightAt() {
        return Optional.ofNullable(putRightAt);
    }

    ConcurrentMap<String, LongAdder> events() {
        return events;
    }

    void count(String event) {
        events.computeIfAbsent(event, name -> new LongAdder()).increment();
    }

    /** Something is known to be new: fetch now, and again soon where it is not there yet. */
    void hurry() {
        hurried = true;
    }

    /** @throws Trouble where it cannot be written */
    void putRight() {
        boolean gone = !Files.exists(file.target());
        if (file.putRight()) {
            putRightAt = clock.instant();
            count("file-put-right");
            LOG.log(
                    System.Logger.Level.WARNING,
                    gone ? "{0} was gone; it is put back" : "{0} was changed by somebody else; it is put right",
                    file.target());
        }
    }

    /** Something that the published CRL does not have yet. */
    interface Wanted {
        boolean isMissing();
    }

    /** Fetches where it is time to; returns when it is next. */
    synchronized Instant refresh(Situation situation, OwnCertificates own, Wanted wanted) throws InterruptedException {
        if (!situation.equals(fetchedFor)) {
            hurried = true;
            tag = "";
            fetchedFor = situation;
        }
        if (hurried) {
            hurried = false;
            due = Instant.MIN;
            tries = 0;
        }
        Instant now = clock.instant();
        if (now.isBefore(due)) {
            return due;
        }
        boolean worked = fetch(situation, own);
        boolean goOn = !worked || wanted.isMissing() || published().isEmpty();
        due = clock.instant().plus(goOn ? FIRST_PAUSE.multipliedBy(1L << Math.min(tries++, MOST_DOUBLINGS)) : REGULAR);
        return due;
    }

    private boolean fetch(Situation situation, OwnCertificates own) throws InterruptedException {
        try {
            Optional<CrlSource.Fetched> fetched = source.fetch(situation.crl(), tag);
            if (fetched.isPresent()) {
                take(fetched.get(), situation, own);
            }
            problem = null;
            return true;
        } catch (CrlRefused e) {
            count("refused-" + e.reason().label());
            complain("what " + situation.crl() + " answers is not published: " + Trouble.oneLine(e));
        } catch (IOException | Trouble e) {
            count("fetch-failed");
            complain(Trouble.oneLine(e));
        }
        return false;
    }

    private void take(CrlSource.Fetched fetched, Situation situation, OwnCertificates own)
            throws CrlRefused, InterruptedException {
        CrlCheck check = new CrlCheck(situation.authorities(), situation.crl().toString(), published());
        RevocationList list = check.check(fetched.body(), clock.instant());
        own.check(list, published(), ocsp);
        boolean isNew = published()
                .map(last -> !Arrays.equals(last.encoded(), list.encoded()))
                .orElse(true);
        if (isNew) {
            file.publish(list);
            count("published");
            LOG.log(
                    System.Logger.Level.INFO,
                    "published etcd''s CRL {0}: number {1}, {2} entries",
                    file.target(),
                    list.number().orElseThrow(),
                    Integer.toString(list.serials().size()));
        }
        tag = fetched.tag();
    }

    private void complain(String what) {
        LOG.log(
                what.equals(problem) ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING,
                "etcd''s CRL: {0}",
                what);
        problem = what;
    }
}
