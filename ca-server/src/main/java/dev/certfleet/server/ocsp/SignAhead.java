package dev.certfleet.server.ocsp;

import dev.certfleet.server.installation.Settings;
import dev.certfleet.server.signing.OcspResponseData.CertStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Signs answers before they are asked for. It goes round and round the table, a little at a time, so that a round takes half
 * of an answer's window at most, however many there are, and the work is spread evenly; certificates whose status changed come
 * first. An answer is signed again when it would be older than half of its window before its turn comes again. On the way what
 * is not answered for any more is dropped.
 */
@Component
class SignAhead {
    /** In one turn, so that requests never wait long for the processor. */
    private static final int MOST_IN_A_TURN = 200;

    /** So that a small table is signed soon after the start. */
    private static final double LEAST_IN_A_SECOND = 100;

    private final StatusTable table;
    private final Issuers issuers;
    private final Responders responders;
    private final OtherForms otherForms;
    private final OcspMetrics metrics;
    private final Duration window;
    private final Clock clock;

    private Iterator<KnownCertificate> round = List.<KnownCertificate>of().iterator();
    private long lastTurn = System.nanoTime();
    private double due;
    private Duration young = Duration.ZERO;
    private long oldest = Long.MAX_VALUE;

    SignAhead(
            StatusTable table,
            Issuers issuers,
            Responders responders,
            OtherForms otherForms,
            OcspMetrics metrics,
            Settings settings,
            Clock clock) {
        this.table = table;
        this.issuers = issuers;
        this.responders = responders;
        this.otherForms = otherForms;
        this.metrics = metrics;
        this.window = settings.ocsp().checkedWindow();
        this.clock = clock;
    }

    /** What is due since the last turn. */
    synchronized void turn() {
        Instant now = clock.instant();
        Instant known = table.asOf();
        if (known == null) {
            return;
        }
        for (int i = 0; i < MOST_IN_A_TURN; i++) {
            KnownCertificate changed = table.nextChanged();
            if (changed == null) {
                break;
            }
            sign(changed, known, now);
        }
        long nanos = System.nanoTime();
        double perSecond = Math.max(LEAST_IN_A_SECOND, table.size() * 2.0 / window.toSeconds());
        long round = (long) (1000 * table.size() / perSecond);
        young = Duration.ofMillis((window.toMillis() - round) / 2);
        due = Math.min(MOST_IN_A_TURN, due + (nanos - lastTurn) * perSecond / 1e9);
        lastTurn = nanos;
        while (due >= 1) {
            due--;
            visit(known, now);
        }
    }

    private void visit(Instant known, Instant now) {
        if (!round.hasNext()) {
            metrics.oldestAnswer(oldest == Long.MAX_VALUE ? known.getEpochSecond() : oldest);
            oldest = Long.MAX_VALUE;
            otherForms.forgetWhatIsOver(now);
            round = table.all().iterator();
        }
        if (!round.hasNext()) {
            return;
        }
        KnownCertificate certificate = round.next();
        if (certificate.notAfter() + OcspResponder.ARCHIVE.toSeconds() < now.getEpochSecond()) {
            table.forget(certificate);
            return;
        }
        sign(certificate, known, now);
        SignedAnswer kept = certificate.answer();
        if (kept != null) {
            oldest = Math.min(oldest, kept.thisUpdate().getEpochSecond());
        }
    }

    private void sign(KnownCertificate certificate, Instant known, Instant now) {
        KnownIssuer issuer = issuer(certificate);
        Responder responder = issuer == null ? null : responders.inMemory(issuer.name());
        if (issuer == null || responder == null || !now.isBefore(issuer.notAfter())) {
            return;
        }
        Instant nextUpdate = responder.nextUpdate(known, window);
        CertStatus status = certificate.status();
        SignedAnswer kept = certificate.answer();
        boolean isYoung = kept != null && kept.isYoung(status, responder, known, young);
        if (isYoung || !now.isBefore(nextUpdate)) {
            return;
        }
        byte[] certId = issuer.certId(CertIdForm.SHA1, certificate);
        certificate.keep(SignedAnswer.sign(responder, certId, certificate, status, now, known, nextUpdate));
        metrics.signedAhead();
    }

    private @Nullable KnownIssuer issuer(KnownCertificate certificate) {
        KnownIssuer issuer = issuers.named(certificate.authority());
        if (issuer == null) {
            issuers.readAgain();
            issuer = issuers.named(certificate.authority());
        }
        return issuer;
    }
}
