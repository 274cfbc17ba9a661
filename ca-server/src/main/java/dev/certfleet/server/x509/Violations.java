package dev.certfleet.server.x509;

import java.util.List;
import java.util.stream.Collectors;

/** All the reasons why a request is refused, at once. */
public record Violations(List<Violation> all) implements Result, ParsedRequest {
    public Violations {
        all = List.copyOf(all);
        if (all.isEmpty()) {
            throw new IllegalArgumentException("a refusal needs a reason");
        }
    }

    static Violations of(String rule, String detail) {
        return new Violations(List.of(new Violation(rule, detail)));
    }

    /** The names of the broken rules, in the order of {@link #all()}. */
    public List<String> rules() {
        return all.stream().map(Violation::rule).toList();
    }

    @Override
    public String toString() {
        return all.stream()
                .map(violation -> violation.rule() + ": " + violation.detail())
                .collect(Collectors.joining("; "));
    }
}
