package dev.certfleet.agent.etcd;

import dev.certfleet.agent.etcd.Door.Seen;
import dev.certfleet.pki.crl.RevocationList;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/**
 * How etcd's CRL stands, for {@code ca-agent status} and metrics.
 *
 * @param doors what was seen at each of etcd's ports, by its name; empty before anything was
 * @param awaited revocations that etcd was not yet seen to enforce
 * @param canaryIsListed false while there is nothing to see it with
 * @param putRightAt when the file was found changed by somebody else last
 */
public record EtcdState(
        Instant at,
        Optional<RevocationList> crl,
        Map<String, Seen> doors,
        int awaited,
        boolean canaryIsListed,
        Optional<String> crlProblem,
        Optional<String> cutProblem,
        Optional<Instant> putRightAt,
        Map<String, LongAdder> events) {
    private static final Duration TOLD_FOR = Duration.ofHours(1);

    /** One line for {@code status}. */
    public String summary() {
        if (crl.isEmpty()) {
            return "no CRL is published yet";
        }
        RevocationList list = crl.get();
        String seen = doors.isEmpty()
                ? "not tried yet"
                : doors.entrySet().stream()
                        .map(door -> door.getKey() + " port " + words(door.getValue()))
                        .collect(Collectors.joining(", "));
        return "CRL " + number(list) + " of " + list.thisUpdate() + ", "
                + list.serials().size() + " entries, holds until "
                + list.nextUpdate().map(Instant::toString).orElse("-") + "; " + seen + "; " + awaited
                + " revocations to be proven";
    }

    private static String words(Seen seen) {
        return switch (seen) {
            case Seen.Enforces _ -> "refuses what is revoked";
            case Seen.NotListening _ -> "not open";
            case Seen.Wrong _ -> "wrong";
        };
    }

    /** What somebody should look at. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        crlProblem.ifPresent(what -> problems.add("etcd's CRL: " + what));
        crl.flatMap(RevocationList::nextUpdate)
                .filter(end -> !end.isAfter(at))
                .ifPresent(end -> problems.add("etcd's CRL ran out at " + end
                        + "; etcd goes on with it, and does not hear of what was revoked since"));
        putRightAt
                .filter(when -> when.plus(TOLD_FOR).isAfter(at))
                .ifPresent(when -> problems.add(
                        "etcd's CRL was changed by somebody else, and put right at " + when + "; find out by whom"));
        doors.values().forEach(seen -> {
            if (seen instanceof Seen.Wrong(String what)) {
                problems.add("etcd: " + what);
            }
        });
        cutProblem.ifPresent(what -> problems.add("etcd: " + what));
        return problems;
    }

    /** In Prometheus' text format; docs/agent.md lists them. */
    public String metrics() {
        StringBuilder text = new StringBuilder(1024);
        gauge(text, "crl_published", "1 where etcd has a CRL to read.", crl.isPresent() ? "1" : "0");
        crl.ifPresent(list -> {
            gauge(
                    text,
                    "crl_number",
                    "The published CRL's number.",
                    number(list).toString());
            gauge(
                    text,
                    "crl_entries",
                    "Serials that it lists.",
                    Integer.toString(list.serials().size()));
            gauge(text, "crl_this_update_seconds", "When it was issued, Unix time.", seconds(list.thisUpdate()));
            list.nextUpdate()
                    .ifPresent(end ->
                            gauge(text, "crl_next_update_seconds", "When it runs out, Unix time.", seconds(end)));
        });
        head(
                text,
                "port_enforces",
                "gauge",
                "1 where the port was seen to refuse what is revoked, 0 where it does not.");
        doors.forEach((name, seen) -> {
            if (!(seen instanceof Seen.NotListening)) {
                text.append("certfleet_etcd_port_enforces{port=\"").append(name);
                text.append("\"} ")
                        .append(seen instanceof Seen.Enforces ? 1 : 0)
                        .append('\n');
            }
        });
        gauge(
                text,
                "revocations_awaited",
                "Revocations that etcd was not yet seen to enforce.",
                Integer.toString(awaited));
        head(text, "events_total", "counter", "What happened, by kind.");
        new TreeMap<>(events).forEach((event, count) -> {
            text.append("certfleet_etcd_events_total{event=\"").append(event);
            text.append("\"} ").append(count.sum()).append('\n');
        });
        return text.toString();
    }

    private static BigInteger number(RevocationList list) {
        return list.number().orElse(BigInteger.ZERO);
    }

    private static String seconds(Instant time) {
        return Long.toString(time.getEpochSecond());
    }

    private static void gauge(StringBuilder text, String name, String help, String value) {
        head(text, name, "gauge", help);
        text.append("certfleet_etcd_").append(name).append(' ').append(value).append('\n');
    }

    private static void head(StringBuilder text, String name, String type, String help) {
        text.append("# HELP certfleet_etcd_")
                .append(name)
                .append(' ')
                .append(help)
                .append('\n');
        text.append("# TYPE certfleet_etcd_")
                .append(name)
                .append(' ')
                .append(type)
                .append('\n');
    }
}
