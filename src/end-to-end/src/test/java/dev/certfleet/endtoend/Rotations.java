package dev.certfleet.endtoend;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Rotates authorities and waits until that is done, saying on the way what is being waited for. */
final class Rotations {
    private static final String INSTALLATION = "installation";
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final String cluster;
    private final Supplier<Operator> operator;
    private final Map<String, Long> seconds = new LinkedHashMap<>();
    private final List<String> begun = new ArrayList<>();

    /** @param operator with whatever authorities the server has at that moment */
    Rotations(String cluster, Supplier<Operator> operator) {
        this.cluster = cluster;
        this.operator = operator;
    }

    /** Rotates these at the same time, each to its end. */
    void rotate(Duration limit, String... kinds) {
        long start = System.nanoTime();
        begun.addAll(List.of(kinds));
        Map<String, String> paths = new LinkedHashMap<>();
        for (String kind : kinds) {
            String base = base(kind);
            paths.put(
                    kind,
                    base + "/"
                            + operator.get()
                                    .post(base, Map.of("kind", kind))
                                    .expect(201)
                                    .path("id")
                                    .asString());
        }
        Map<String, String> told = new HashMap<>();
        while (!seconds.keySet().containsAll(paths.keySet())) {
            long after = (System.nanoTime() - start) / 1_000_000_000;
            paths.forEach((kind, path) -> look(kind, path, told, after));
            if (after > limit.toSeconds()) {
                throw new AssertionError("not done within " + limit.toSeconds() + " s: " + told);
            }
            pause();
        }
    }

    private void look(String kind, String path, Map<String, String> told, long after) {
        try {
            tell(kind, operator.get().get(path).expect(200), told, after);
        } catch (UncheckedIOException e) {
            // The server changes its certificate, or is away for a moment.
            System.out.println("     " + after + " s: " + e.getMessage());
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting", e);
        }
    }

    private String base(String kind) {
        return kind.equals(INSTALLATION) ? "/rotations" : "/clusters/" + cluster + "/rotations";
    }

    private void tell(String kind, JsonNode rotation, Map<String, String> told, long after) {
        String step = rotation.path("step").asString();
        Map<String, Long> waits = waits(rotation, step);
        if (step.equals("done") && !seconds.containsKey(kind)) {
            seconds.put(kind, after);
        }
        String now = step + " " + waits;
        if (!now.equals(told.put(kind, now))) {
            System.out.println("     " + after + " s: rotation of " + kind + " is " + now);
        }
    }

    /** What it waits for at this step, and how often. */
    private static Map<String, Long> waits(JsonNode rotation, String step) {
        List<String> waits = new ArrayList<>();
        if (step.equals("renewing")) {
            rotation.path("remaining").forEach(certificate -> {
                if (certificate.path("isWaitedFor").asBoolean()) {
                    waits.add(certificate.path("node").asString("somebody") + " to replace certificates");
                }
            });
        } else {
            rotation.path("waitingFor")
                    .forEach(node -> waits.add(node.path("node").asString() + ": "
                            + node.path("why").asString()));
        }
        return waits.stream().collect(Collectors.groupingBy(wait -> wait, TreeMap::new, Collectors.counting()));
    }

    /** The kind of each that was begun. */
    List<String> begun() {
        return List.copyOf(begun);
    }

    /** How long each took, in seconds. */
    Map<String, Long> seconds() {
        return Map.copyOf(seconds);
    }
}
