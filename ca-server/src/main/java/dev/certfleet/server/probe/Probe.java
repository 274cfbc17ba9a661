package dev.certfleet.server.probe;

import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Goes round all authorities that have not ended, one a second and none more often than once a minute, and looks at what each
 * publishes. Where nobody answers at one URL of an authority, its others are not tried: they are at the same address.
 */
@Component
class Probe {
    private static final Duration ROUND = Duration.ofMinutes(1);

    /** For one URL, from the request to the last octet. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Authorities authorities;
    private final Outsider outsider;
    private final Clock clock;
    private final SecureRandom random;
    private final ExecutorService fetching = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("probe-", 0).factory());
    private final Deque<Authority> waiting = new ArrayDeque<>();
    private final Map<String, Outsider.Seen> seen = new HashMap<>();
    private final Map<String, Result> results = new HashMap<>();
    private Instant roundBegan = Instant.MIN;
    private int round;

    Probe(Authorities authorities, Outsider outsider, Clock clock, SecureRandom random) {
        this.authorities = authorities;
        this.outsider = outsider;
        this.clock = clock;
        this.random = random;
    }

    /**
     * What was found at a URL.
     *
     * @param problem null where all is well
     */
    record Result(
            String authority,
            String url,
            Instant at,
            @Nullable String problem) {}

    /** By authority and URL, as of now. */
    synchronized List<Result> results() {
        return results.values().stream()
                .sorted(Comparator.comparing(Result::authority).thenComparing(Result::url))
                .toList();
    }

    /** Looks at the next authority, if it is time for one. */
    void turn() {
        Authority next = next();
        if (next != null) {
            look(next);
        }
    }

    private @Nullable Authority next() {
        Instant now = clock.instant();
        if (waiting.isEmpty() && !now.isBefore(roundBegan.plus(ROUND))) {
            List<Authority> all = new ArrayList<>(authorities.all().stream()
                    .filter(authority ->
                            authority.canSign() && authority.notAfter().isAfter(now))
                    .toList());
            forgetOthers(all);
            // each server in an order of its own, so that they do not come all at once
            Collections.shuffle(all, random);
            waiting.addAll(all);
            roundBegan = now;
            round++;
        }
        return waiting.poll();
    }

    private synchronized void forgetOthers(List<Authority> all) {
        Set<String> names = new HashSet<>();
        all.forEach(authority -> names.add(authority.name()));
        results.values().removeIf(result -> !names.contains(result.authority()));
    }

    /** Another shard is looked at each time; what was found at the last one may be long over. */
    private synchronized void forgetOthers(Authority authority, List<Published> all) {
        Set<String> urls = new HashSet<>();
        all.forEach(published -> urls.add(published.url()));
        results.values()
                .removeIf(result -> result.authority().equals(authority.name()) && !urls.contains(result.url()));
    }

    private void look(Authority authority) {
        String unreachable = null;
        List<Published> all = Published.of(authority, round);
        forgetOthers(authority, all);
        for (Published published : all) {
            String problem = unreachable;
            if (problem == null) {
                try {
                    remember(published, fetched(authority, published));
                } catch (Finding e) {
                    problem = e.getMessage();
                } catch (IOException e) {
                    problem = "nobody answers: " + e;
                    unreachable = problem;
                }
            }
            record(new Result(authority.name(), published.url(), clock.instant(), problem));
        }
    }

    private Outsider.Seen fetched(Authority authority, Published published) throws Finding, IOException {
        Outsider.Seen before = before(published);
        Future<Outsider.Seen> fetch = fetching.submit(() -> outsider.look(authority, published, before));
        try {
            return fetch.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new Finding("it did not come within " + PATIENCE.toSeconds() + " s");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Finding finding -> throw finding;
                case IOException io -> throw io;
                case RuntimeException unexpected -> throw unexpected;
                case null, default -> throw new IllegalStateException(e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the server stops", e);
        } finally {
            fetch.cancel(true);
        }
    }

    private synchronized Outsider.@Nullable Seen before(Published published) {
        return seen.get(published.url());
    }

    private synchronized void remember(Published published, Outsider.Seen now) {
        seen.put(published.url(), now);
    }

    private synchronized void record(Result result) {
        results.put(result.url(), result);
    }
}
