package dev.certfleet.agent.gate;

import dev.certfleet.agent.gate.Decision.Outcome;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What happened since the start, counted. */
final class GateMetrics {
    private final Map<Outcome, LongAdder> noOpinions = counters();
    private final Map<Outcome, LongAdder> denials = counters();
    private final Map<String, LongAdder> ocsp = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> events = new ConcurrentHashMap<>();
    private volatile @Nullable Instant lastOcsp;
    private volatile @Nullable Instant lastFeed;
    private volatile double lastRevocationDelay = Double.NaN;

    private static Map<Outcome, LongAdder> counters() {
        Map<Outcome, LongAdder> counters = new EnumMap<>(Outcome.class);
        for (Outcome outcome : Outcome.values()) {
            counters.put(outcome, new LongAdder());
        }
        return counters;
    }

    void decided(Decision decision) {
        LongAdder counter = switch (decision) {
            case Decision.NoOpinion noOpinion -> noOpinions.get(noOpinion.outcome());
            case Decision.Denied denied -> denials.get(denied.outcome());
        };
        if (counter != null) {
            counter.increment();
        }
    }

    /** An exchange with a responder: {@code ok}, or what went wrong. */
    void ocsp(String result) {
        ocsp.computeIfAbsent(result, name -> new LongAdder()).increment();
    }

    void ocspAnswered(Instant at) {
        ocsp("ok");
        lastOcsp = at;
    }

    void feedAnswered(Instant at) {
        lastFeed = at;
    }

    void revocationTold(double secondsAfterwards) {
        lastRevocationDelay = secondsAfterwards;
    }

    /** One of the rarer events, by the name of its counter. */
    void count(String event) {
        events.computeIfAbsent(event, name -> new LongAdder()).increment();
    }

    long counted(String event) {
        LongAdder counter = events.get(event);
        return counter == null ? 0 : counter.sum();
    }

    @Nullable
    Instant lastOcsp() {
        return lastOcsp;
    }

    @Nullable
    Instant lastFeed() {
        return lastFeed;
    }

    long denied() {
        return denials.values().stream().mapToLong(LongAdder::sum).sum();
    }

    long decisions() {
        return denied() + noOpinions.values().stream().mapToLong(LongAdder::sum).sum();
    }

    /** Prometheus text exposition format 0.0.4. */
    String prometheus(GateState state) {
        StringBuilder text = new StringBuilder(4096);
        help(text, "decisions_total", "counter", "Answers to kube-apiserver.");
        noOpinions.forEach((outcome, count) -> decision(text, outcome, "no-opinion", count));
        denials.forEach((outcome, count) -> decision(text, outcome, "denied", count));
        help(text, "ocsp_requests_total", "counter", "Exchanges with OCSP responders by result.");
        new TreeMap<>(ocsp)
                .forEach((result, count) -> text.append("certfleet_gate_ocsp_requests_total{result=\"")
                        .append(result)
                        .append("\"} ")
                        .append(count.sum())
                        .append('\n'));
        help(text, "events_total", "counter", "Rarer events by kind.");
        new TreeMap<>(events)
                .forEach((event, count) -> text.append("certfleet_gate_events_total{event=\"")
                        .append(event)
                        .append("\"} ")
                        .append(count.sum())
                        .append('\n'));
        gauge(
                text,
                "ready",
                "1 once the feed was read to its end, in this run or one before.",
                state.freshStart() ? 0 : 1);
        gauge(text, "certificates", "Certificates in the index.", state.certificates());
        gauge(text, "certificates_revoked", "Certificates refused, holds included.", state.revoked());
        gauge(
                text,
                "certificates_unconfirmed_revoked",
                "Refused on the word of the feed alone.",
                state.unconfirmedRevoked());
        gauge(text, "certificates_unchecked", "Certificates without a signed answer yet.", state.unchecked());
        gauge(text, "certificates_stale", "Certificates whose last signed answer is too old.", state.stale());
        gauge(
                text,
                "certificates_disowned",
                "Certificates that the responder says it does not know.",
                state.disowned());
        gauge(
                text,
                "credentials_never_issued",
                "Credential ids that the CA said it never issued.",
                state.neverIssued());
        gauge(
                text,
                "credentials_pending",
                "Credential ids that the CA was not yet able to say anything about.",
                state.pending());
        gauge(
                text,
                "list_certificates",
                "Revoked certificates that kube-apiserver refuses without the gate.",
                state.list().listed());
        gauge(
                text,
                "list_left_out",
                "Revoked certificates that found no room in that list.",
                state.list().leftOut());
        gauge(
                text,
                "list_loaded",
                "1 where kube-apiserver uses the newest list, 0 where not, NaN where it could not be asked.",
                state.list().loaded() == null ? Double.NaN : state.list().loaded() ? 1 : 0);
        gauge(
                text,
                "proofs_outstanding",
                "Revocations whose refusal by this node's kube-apiserver was not proved to the server yet.",
                state.proofsPending());
        gauge(
                text,
                "audit_readable",
                "1 where kube-apiserver's audit log can be read.",
                state.audit().problem().isEmpty() ? 1 : 0);
        gauge(
                text,
                "audit_stands_still",
                "1 where requests come that the audit log does not tell of.",
                state.audit().standsStill() ? 1 : 0);
        gauge(text, "audit_events", "Events read from the audit log since the start.", (double)
                state.audit().events());
        gauge(
                text,
                "audit_age_seconds",
                "Time since the audit log told of a request.",
                age(state.at(), state.audit().lastEvent()));
        gauge(text, "feed_sequence", "How far the feed was read.", (double) state.feedSequence());
        gauge(text, "feed_age_seconds", "Time since the feed answered last.", age(state.at(), state.lastFeed()));
        gauge(
                text,
                "ocsp_age_seconds",
                "Time since a signed answer was verified last.",
                age(state.at(), state.lastOcsp()));
        gauge(
                text,
                "serving_certificate_expiry_timestamp_seconds",
                "End of the gate's own certificate.",
                seconds(state.servingUntil()));
        gauge(
                text,
                "last_revocation_delay_seconds",
                "From the last revocation to its refusal here, by the two clocks.",
                lastRevocationDelay);
        return text.toString();
    }

    private static double age(Instant now, @Nullable Instant then) {
        return then == null ? Double.NaN : (now.toEpochMilli() - then.toEpochMilli()) / 1000.0;
    }

    private static double seconds(@Nullable Instant time) {
        return time == null ? Double.NaN : (double) time.getEpochSecond();
    }

    private static void decision(StringBuilder text, Outcome outcome, String answer, LongAdder count) {
        if (count.sum() > 0) {
            text.append("certfleet_gate_decisions_total{answer=\"")
                    .append(answer)
                    .append("\",outcome=\"")
                    .append(outcome.label())
                    .append("\"} ")
                    .append(count.sum())
                    .append('\n');
        }
    }

    private static void help(StringBuilder text, String name, String type, String help) {
        text.append("# HELP certfleet_gate_")
                .append(name)
                .append(' ')
                .append(help)
                .append("\n# TYPE certfleet_gate_")
                .append(name)
                .append(' ')
                .append(type)
                .append('\n');
    }

    private static void gauge(StringBuilder text, String name, String help, double value) {
        help(text, name, "gauge", help);
        text.append("certfleet_gate_").append(name).append(' ');
        if (Double.isNaN(value)) {
            text.append("NaN");
        } else if (value == Math.rint(value)) {
            text.append((long) value);
        } else {
            text.append(value);
        }
        text.append('\n');
    }
}
