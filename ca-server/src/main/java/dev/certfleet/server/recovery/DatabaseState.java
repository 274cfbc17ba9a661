package dev.certfleet.server.recovery;

import dev.certfleet.server.ledger.Feed;
import dev.certfleet.server.x509.Fingerprint;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Says whether the database may be believed where it says that all is well. It may not while it is known to lack what
 * servers journalled or agents have seen: then nothing is issued, {@code good} is said of no certificate, and no CRL is made.
 * What this server knows is no older than half a second; the journal was compared before it was first asked.
 */
@Component
public class DatabaseState {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseState.class);

    private final Incidents incidents;
    private final JournalCheck check;
    private final Marks marks;
    private final MeterRegistry metrics;
    private volatile @Nullable UUID incident;
    private volatile Set<Fingerprint> revokedInJournal = Set.of();

    DatabaseState(Incidents incidents, JournalCheck check, Marks marks, MeterRegistry metrics) {
        this.incidents = incidents;
        this.check = check;
        this.marks = marks;
        this.metrics = metrics;
        Gauge.builder("certfleet.database.behind", () -> isBehind() ? 1 : 0)
                .description("Whether the database lacks what was known before")
                .register(metrics);
        checkWhole();
        refresh();
    }

    /** Whether {@code good} may be said of nothing, and nothing be issued. */
    public boolean isBehind() {
        return incident != null;
    }

    /** Whether this server's journal knows of a revocation of the certificate that the database lacks. */
    public boolean isLostRevocationOf(Fingerprint certificate) {
        return revokedInJournal.contains(certificate);
    }

    /** @throws DatabaseBehind where nothing may be issued */
    public void requireNotBehind() {
        if (isBehind()) {
            throw new DatabaseBehind();
        }
    }

    /** Reads what other servers found; tells them, once in each incident, what this one's journal has. */
    final void refresh() {
        Optional<Incidents.Incident> current = incidents.current();
        UUID now = current.map(Incidents.Incident::id).orElse(null);
        UUID before = incident;
        incident = now;
        if (now != null && !now.equals(before)) {
            LOG.error("the database is behind what was known before: nothing is issued, and good is said of nothing;"
                    + " GET /api/v1/recovery tells what it lacks");
        } else if (now == null && before != null) {
            LOG.info("the database has caught up");
        }
        if (now != null && !incidents.hasReported(now)) {
            incidents.report(now, check.whole().missing());
        }
    }

    /** Compares all of the journal. */
    final void checkWhole() {
        JournalCheck.Lost lost = check.whole();
        revokedInJournal = lost.certificates();
        found(lost);
    }

    /** Compares the newest of the journal. */
    void checkNewest() {
        found(check.newest());
    }

    private void found(JournalCheck.Lost lost) {
        if (lost.missing() > 0 && incident == null) {
            UUID opened = incidents.open("journal", lost.highest(), lost.missing());
            JournalCheck.Lost all = check.whole();
            revokedInJournal = all.certificates();
            incidents.report(opened, all.missing());
            refresh();
        }
    }

    /** The mark that goes with an answer of a cluster's feed. */
    public String mark(String cluster, Feed.Head head) {
        return marks.write(new Marks.Mark(cluster, head));
    }

    /**
     * Takes what an agent was last told: where the database has not come so far, it is behind.
     *
     * @param cluster whose feed the agent reads
     * @param text the mark, as the agent sent it
     * @param head how far the database has come, read after the mark came
     */
    public void shown(String cluster, String text, Feed.Head head) {
        Optional<Marks.Mark> mark = marks.read(text);
        if (mark.isEmpty() || !mark.get().cluster().equals(cluster)) {
            metrics.counter("certfleet.marks.ignored", "reason", mark.isEmpty() ? "invalid" : "foreign")
                    .increment();
            return;
        }
        Feed.Head seen = mark.get().head();
        boolean ahead = seen.epoch().equals(head.epoch())
                ? seen.sequence() > head.sequence()
                : !incidents.knowsEpoch(seen.epoch());
        if (ahead) {
            incidents.open("mark", Map.of(cluster, seen.sequence()), 0);
            refresh();
        }
    }
}
