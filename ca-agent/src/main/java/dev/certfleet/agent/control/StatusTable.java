package dev.certfleet.agent.control;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The report for people. */
public final class StatusTable {
    private StatusTable() {}

    public static String of(StatusReport report) {
        StringBuilder text = new StringBuilder();
        if (report.node() == null) {
            text.append("This node is not enrolled.\n");
        } else {
            text.append("Node ").append(report.node()).append(" in cluster ").append(report.cluster());
            text.append(", roles ").append(String.join(", ", report.roles())).append('\n');
        }
        text.append(report.running() ? "The agent runs" : "The agent does not run; this is what it left on disk");
        if (report.lastContact() != null) {
            text.append("; the server answered ").append(ago(report.lastContact(), report.at()));
        }
        text.append(".\n");
        if (report.gate() != null) {
            text.append("Revocation gate: ").append(report.gate()).append('\n');
        }
        if (report.etcd() != null) {
            text.append("etcd: ").append(report.etcd()).append('\n');
        }
        text.append('\n');
        rows(report).forEach(row -> text.append(row).append('\n'));
        report.certificates().stream()
                .filter(line -> line.problem() != null)
                .forEach(line ->
                        text.append("\n! ").append(line.profile()).append(": ").append(line.problem()));
        report.problems().forEach(problem -> text.append("\n! ").append(problem));
        if (report.needsAttention()) {
            text.append('\n');
        }
        return text.toString();
    }

    private static List<String> rows(StatusReport report) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("CERTIFICATE", "FILE", "STATE", "LIVES UNTIL", "NEXT", "PROOF"));
        for (StatusReport.Line line : report.certificates()) {
            rows.add(List.of(
                    line.profile(),
                    text(line.certificate()),
                    line.state() + (line.problem() == null ? "" : " !"),
                    line.notAfter() == null ? "-" : line.notAfter() + " (" + in(line.notAfter(), report.at()) + ")",
                    line.next() + (line.nextAt() == null ? "" : " " + in(line.nextAt(), report.at())),
                    proof(line)));
        }
        int[] widths = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return rows.stream().map(row -> padded(row, widths)).toList();
    }

    private static String padded(List<String> row, int[] widths) {
        List<String> cells = new ArrayList<>();
        for (int i = 0; i < row.size(); i++) {
            boolean last = i == row.size() - 1;
            cells.add(
                    last
                            ? row.get(i)
                            : row.get(i) + " ".repeat(widths[i] - row.get(i).length()));
        }
        return cells.stream().collect(Collectors.joining("  "));
    }

    private static String proof(StatusReport.Line line) {
        if (line.proof() != null) {
            return line.proof();
        }
        return line.waitingFor() == null ? "-" : "when " + line.waitingFor() + " runs";
    }

    private static String text(@Nullable String value) {
        return value == null ? "-" : value;
    }

    private static String in(Instant time, Instant now) {
        return time.isAfter(now) ? "in " + span(Duration.between(now, time)) : ago(time, now);
    }

    private static String ago(Instant time, Instant now) {
        return span(Duration.between(time, now)) + " ago";
    }

    static String span(Duration duration) {
        if (duration.toDays() >= 2) {
            return duration.toDays() + " d";
        }
        if (duration.toHours() >= 2) {
            return duration.toHours() + " h";
        }
        if (duration.toMinutes() >= 2) {
            return duration.toMinutes() + " min";
        }
        return Math.max(0, duration.toSeconds()) + " s";
    }
}
