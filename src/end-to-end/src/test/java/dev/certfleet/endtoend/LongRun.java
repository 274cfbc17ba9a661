package dev.certfleet.endtoend;

import java.io.IOException;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * What {@code src/end-to-end/long} runs; its help says what that is. No test of JUnit's: nothing picks it up by its name.
 */
final class LongRun {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
    private static final String EACH_ONCE = "front-proxy+break-glass+installation,kubernetes+etcd,agents";

    private final List<String> shortcomings = new ArrayList<>();

    private LongRun() {}

    public static void main(String[] arguments) throws IOException {
        var run = new LongRun();
        run.run();
        run.shortcomings.forEach(shortcoming -> System.out.println("MUST NOT BE: " + shortcoming));
        System.exit(run.shortcomings.isEmpty() ? 0 : 1);
    }

    private void run() throws IOException {
        var shape = new WholeCluster.Shape(number("control-planes", 3), number("workers", 2), number("kubelets", 2));
        int kills = number("kills", 200);
        int renewals = number("renewals", 3);
        var limit = Duration.ofSeconds(number("limit", 1200));
        var past = new WholeCluster.Past(
                Stream.of(text("off", "31,400").split(","))
                        .filter(days -> !days.isBlank())
                        .map(Integer::valueOf)
                        .toList(),
                days -> say("everything is off for " + days + " days"));
        say("starting " + shape);
        try (var cluster = WholeCluster.startAfter(past, WorkFolder.of(LongRun.class), shape)) {
            say("the cluster runs; now traffic, and kills");
            try (var run = new RunOfLife(
                    cluster,
                    Duration.ofMillis(number("pause", 250)),
                    kills,
                    Duration.ofMillis(1000L * number("kill-pause", 5)),
                    Long.getLong("certfleet.long.seed", new Random().nextLong()))) {
                tell(cluster);
                for (int i = 1; i <= renewals; i++) {
                    attempt("renewal " + i, () -> run.renewAll(1, limit));
                }
                for (String together : text("kinds", EACH_ONCE).split(",")) {
                    attempt("rotation of " + together, () -> run.rotations().rotate(limit, together.split("\\+")));
                }
                var away = Duration.ofSeconds(number("away", 60));
                attempt("the server away for " + away.toSeconds() + " s", () -> {
                    cluster.withoutServer(away);
                    run.renewAll(1, limit);
                });
                attempt(kills + " kills", () -> run.kills().awaitAll(limit));
                tell(cluster);
                shortcomings.addAll(run.shortcomings());
                if (run.disk().fewestRenewals() < renewals) {
                    shortcomings.add("a pair was renewed " + run.disk().fewestRenewals() + " times: "
                            + run.disk().renewals());
                }
                System.out.println(run.summary());
            }
        }
    }

    /** What may fail, without an end of the whole. */
    private interface Part {
        void run() throws InterruptedException;
    }

    private void attempt(String what, Part part) {
        say(what);
        try {
            part.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (AssertionError | RuntimeException e) {
            shortcomings.add(what + ": " + e);
            say(what + " failed: " + e);
        }
    }

    /** Who is in the cluster, by its own word: kubelets register; what keeps them from Ready is said there too. */
    private static void tell(WholeCluster cluster) {
        System.out.println(cluster.kubectl(cluster.controlPlanes().getFirst())
                .run(
                        "get",
                        "nodes",
                        "--output=custom-columns=NODE:.metadata.name,READY:.status.conditions[?(@.type==\"Ready\")].message")
                .output());
    }

    private static int number(String setting, int usual) {
        return Integer.getInteger("certfleet.long." + setting, usual);
    }

    private static String text(String setting, String usual) {
        return System.getProperty("certfleet.long." + setting, usual);
    }

    private static void say(String what) {
        System.out.println(TIME.format(LocalTime.now(ZoneId.systemDefault())) + " " + what);
    }
}
