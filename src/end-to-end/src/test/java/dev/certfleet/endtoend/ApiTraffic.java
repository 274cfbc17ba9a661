package dev.certfleet.endtoend;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Clients that use an API server all the time, as clients do, and count whatever goes wrong. Nothing is retried. What they do
 * is in {@link Kind}: a test that swaps certificates under them and sees no failure has seen that none is needed.
 *
 * <p>It ends by itself when its limit has passed, and counts that as a failure.
 */
final class ApiTraffic implements AutoCloseable {
    /** What is done all the time, each by a client of its own. */
    enum Kind {
        /** One read on a connection made for it, with a full handshake. */
        NEW_CONNECTION,
        /** A write, then a read, on one HTTP/1.1 connection that is held. */
        HELD_HTTP_1,
        /** A read on one HTTP/2 connection that is held. */
        HELD_HTTP_2,
        /** An event of a watch that is held, for each of the writes. */
        WATCH
    }

    /**
     * What happened so far.
     *
     * @param successes how often each thing was done
     * @param failures how often one failed
     * @param firstFailures what the first of each kind were, and when
     */
    record Report(Map<Kind, Long> successes, int failures, List<String> firstFailures) {}

    private static final Duration PAUSE = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int FAILURES_TOLD = 5;
    private static final String READ = "/api/v1/namespaces/default";
    private static final String CONFIG_MAPS = READ + "/configmaps";

    static {
        // Read when the JDK's client is first used: without them it repeats what failed, unasked.
        System.setProperty("jdk.httpclient.redirects.retrylimit", "1");
        System.setProperty("jdk.httpclient.disableRetryConnect", "true");
    }

    private final String address;
    private final int port;
    private final ClientIdentity identity;
    private final String name;
    private final long started = System.nanoTime();
    private final Duration limit;
    private final Map<Kind, LongAdder> successes = new EnumMap<>(Kind.class);
    private final List<String> firstFailures = new ArrayList<>();
    private final AtomicInteger failures = new AtomicInteger();
    private final List<Thread> clients = new ArrayList<>();
    private volatile boolean stopped;

    private ApiTraffic(String address, int port, ClientIdentity identity, Duration limit) {
        this.address = address;
        this.port = port;
        this.identity = identity;
        this.name = "traffic-" + Long.toHexString(started);
        this.limit = limit;
        for (var kind : Kind.values()) {
            successes.put(kind, new LongAdder());
        }
    }

    /**
     * Starts, and returns when everything was done once.
     *
     * @param identity one who may write config maps in the default namespace
     */
    static ApiTraffic start(KubeApiserver server, ClientIdentity identity, Duration limit) {
        var traffic = new ApiTraffic(server.address(), KubeApiserver.PORT, identity, limit);
        try {
            traffic.createConfigMap();
            traffic.clients.add(Thread.ofVirtual().start(() -> traffic.watch()));
            traffic.clients.add(Thread.ofVirtual().start(() -> traffic.writeAndRead()));
            traffic.clients.add(Thread.ofVirtual().start(() -> traffic.readOnNewConnections()));
            traffic.clients.add(Thread.ofVirtual().start(() -> traffic.readWithHttp2()));
            traffic.awaitMore(1);
            return traffic;
        } catch (AssertionError e) {
            traffic.close();
            throw e;
        }
    }

    /** Waits until each thing was done that many times more: afterwards all of them have met whatever the test changed. */
    void awaitMore(int times) {
        var before = report().successes();
        Await.until("each client did its part " + times + " times more: " + report(), PATIENCE.multipliedBy(3), () -> {
            var now = report().successes();
            return now.keySet().stream().allMatch(kind -> count(now, kind) >= count(before, kind) + times);
        });
    }

    private static long count(Map<Kind, Long> counts, Kind kind) {
        return counts.getOrDefault(kind, 0L);
    }

    Report report() {
        var counts = new EnumMap<Kind, Long>(Kind.class);
        successes.forEach((kind, count) -> counts.put(kind, count.sum()));
        synchronized (firstFailures) {
            return new Report(counts, failures.get(), List.copyOf(firstFailures));
        }
    }

    private void createConfigMap() {
        try (var connection = ApiConnection.open(address, port, identity)) {
            expect(connection.post(CONFIG_MAPS, """
                    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "%s"}}""".formatted(name)));
        } catch (IOException e) {
            throw new AssertionError("cannot create a config map to write to: " + e.getMessage(), e);
        }
    }

    private void readOnNewConnections() {
        repeat(Kind.NEW_CONNECTION, () -> {
            try (var connection = ApiConnection.open(address, port, identity)) {
                expect(connection.get(READ));
            }
            done(Kind.NEW_CONNECTION);
        });
    }

    private void writeAndRead() {
        var writes = new AtomicInteger();
        repeat(Kind.HELD_HTTP_1, () -> {
            try (var connection = ApiConnection.open(address, port, identity)) {
                while (goesOn()) {
                    expect(connection.patch(
                            CONFIG_MAPS + "/" + name, "{\"data\": {\"n\": \"" + writes.incrementAndGet() + "\"}}"));
                    expect(connection.get(READ));
                    done(Kind.HELD_HTTP_1);
                    pause();
                }
            }
        });
    }

    private void readWithHttp2() {
        var request = HttpRequest.newBuilder(URI.create("https://" + address + ":" + port + READ))
                .timeout(PATIENCE)
                .build();
        repeat(Kind.HELD_HTTP_2, () -> {
            try (var client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_2)
                    .sslContext(identity.freshContext())
                    .connectTimeout(PATIENCE)
                    .build()) {
                while (goesOn()) {
                    var response = client.send(request, HttpResponse.BodyHandlers.ofString());
                    expect(new ApiConnection.Response(response.statusCode(), response.body()));
                    if (response.version() != HttpClient.Version.HTTP_2) {
                        throw new IOException("answered with " + response.version());
                    }
                    done(Kind.HELD_HTTP_2);
                    pause();
                }
            }
        });
    }

    private void watch() {
        repeat(Kind.WATCH, () -> {
            try (var connection = ApiConnection.open(address, port, identity)) {
                connection.openStream(CONFIG_MAPS + "?watch=true&timeoutSeconds=" + 2 * limit.toSeconds()
                        + "&fieldSelector=metadata.name%3D" + name);
                // As often as somebody writes there is an event: a watch that is dead without an error runs into a
                // time-out.
                while (goesOn()) {
                    var event = connection.nextPart();
                    if (event.isEmpty() || event.startsWith("{\"type\":\"ERROR\"")) {
                        throw new IOException("the watch ended: " + event);
                    }
                    done(Kind.WATCH);
                }
            }
        });
    }

    /** What may fail at any moment. */
    private interface Part {
        void run() throws IOException, InterruptedException;
    }

    private void repeat(Kind kind, Part part) {
        try {
            while (goesOn()) {
                try {
                    part.run();
                } catch (IOException | RuntimeException e) {
                    failed(kind, e);
                }
                pause();
            }
        } catch (InterruptedException e) {
            // Only close() interrupts.
            stopped = true;
        }
    }

    private boolean goesOn() {
        if (!stopped && System.nanoTime() - started > limit.toNanos()) {
            stopped = true;
            failed("TRAFFIC", "it ended by itself after its limit of " + limit.toSeconds() + " s");
        }
        return !stopped;
    }

    private static void pause() throws InterruptedException {
        Thread.sleep(PAUSE);
    }

    private static void expect(ApiConnection.Response response) throws IOException {
        if (response.status() / 100 != 2) {
            throw new IOException("status " + response.status() + ": " + response.body());
        }
    }

    private void done(Kind kind) {
        successes.getOrDefault(kind, new LongAdder()).increment();
    }

    private void failed(Kind kind, Exception e) {
        // What breaks because the clients are being stopped is no fault of the server.
        if (!stopped) {
            failed(kind.name(), e.toString());
        }
    }

    private void failed(String kind, String text) {
        failures.incrementAndGet();
        synchronized (firstFailures) {
            if (firstFailures.stream().filter(told -> told.startsWith(kind)).count() < FAILURES_TOLD) {
                firstFailures.add(kind + " after " + (System.nanoTime() - started) / 1_000_000 + " ms: " + text);
            }
        }
    }

    @Override
    public void close() {
        stopped = true;
        Clients.end(clients, PATIENCE.multipliedBy(2));
    }
}
