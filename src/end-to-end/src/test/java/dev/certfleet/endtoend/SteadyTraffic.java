package dev.certfleet.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * Clients that use one kube-apiserver for as long as a test runs: a write and a read on a connection that is held, a read on
 * a new one, and a watch that has to tell of each write. Each failure is kept with its time; nothing is retried.
 *
 * <p>As client-go, a client opens its connection anew when its pair or its authorities changed on disk: kube-apiserver looks at
 * a client's certificate with every request.
 */
final class SteadyTraffic implements AutoCloseable {
    private static final String READ = "/api/v1/namespaces/default";
    private static final String CONFIG_MAPS = READ + "/configmaps";
    private static final Duration AFTER_FAILURE = Duration.ofMillis(250);

    /** What went wrong, where and when. */
    record Failed(String node, String client, Instant begun, Instant at, String what) {}

    private final String node;
    private final String address;
    private final ClientIdentity identity;
    private final Duration pause;
    private final String name = "steady-" + Long.toHexString(System.nanoTime());
    private final LongAdder requests = new LongAdder();
    private final LongAdder events = new LongAdder();
    private final List<Failed> failures = new ArrayList<>();
    private final List<Thread> clients = new ArrayList<>();
    private volatile boolean stopped;

    private SteadyTraffic(NetworkNamespace node, ClientIdentity identity, Duration pause) {
        this.node = node.name();
        this.address = node.address();
        this.identity = identity;
        this.pause = pause;
    }

    /**
     * Starts, and returns when everything was done once.
     *
     * @param identity one who may write config maps in the default namespace
     * @param pause between two requests of a client
     */
    static SteadyTraffic start(NetworkNamespace node, ClientIdentity identity, Duration pause) throws IOException {
        var traffic = new SteadyTraffic(node, identity, pause);
        try (var connection = traffic.connect()) {
            expect(connection.post(CONFIG_MAPS, """
                    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "%s"}}""".formatted(traffic.name)));
        }
        traffic.begin("held", traffic::writeAndRead);
        traffic.begin("new", traffic::readOnNewConnections);
        traffic.begin("watch", traffic::watch);
        Await.until(
                "the traffic flows",
                Duration.ofSeconds(30),
                () -> traffic.events.sum() > 1 && traffic.requests.sum() > 3);
        return traffic;
    }

    private void begin(String client, Part part) {
        clients.add(Thread.ofVirtual().start(() -> repeat(client, part)));
    }

    long requests() {
        return requests.sum() + events.sum();
    }

    List<Failed> failures() {
        synchronized (failures) {
            return List.copyOf(failures);
        }
    }

    /** What may fail at any moment. */
    private interface Part {
        void run() throws IOException, InterruptedException;
    }

    private ApiConnection connect() throws IOException {
        return ApiConnection.open(address, KubeApiserver.PORT, identity);
    }

    private void writeAndRead() throws IOException, InterruptedException {
        var files = stamp();
        try (var connection = connect()) {
            for (int i = 0; !stopped && files.equals(stamp()); i++) {
                expect(connection.patch(
                        CONFIG_MAPS + "/" + name, "{\"data\": {\"n\": \"" + i + " " + System.nanoTime() + "\"}}"));
                requests.increment();
                expect(connection.get(READ));
                requests.increment();
                Thread.sleep(pause);
            }
        }
    }

    private void readOnNewConnections() throws IOException, InterruptedException {
        try (var connection = connect()) {
            expect(connection.get(READ));
            requests.increment();
        }
        Thread.sleep(pause);
    }

    /** As often as somebody writes there is an event: a watch that is dead without an error runs into a time-out. */
    private void watch() throws IOException {
        var files = stamp();
        try (var connection = connect()) {
            connection.openStream(
                    CONFIG_MAPS + "?watch=true&timeoutSeconds=7200&fieldSelector=metadata.name%3D" + name);
            while (!stopped && files.equals(stamp())) {
                var event = connection.nextPart();
                if (event.isEmpty() || event.startsWith("{\"type\":\"ERROR\"")) {
                    throw new IOException("the watch ended: " + event);
                }
                events.increment();
            }
        }
    }

    /** What tells that the client's files are others than they were. */
    private List<FileTime> stamp() throws IOException {
        List<FileTime> times = new ArrayList<>();
        for (Path file : List.of(identity.authority(), identity.certificate(), identity.key())) {
            times.add(Files.getLastModifiedTime(file));
        }
        return times;
    }

    private void repeat(String client, Part part) {
        var begun = Instant.now();
        try {
            while (!stopped) {
                begun = Instant.now();
                try {
                    part.run();
                } catch (IOException | RuntimeException e) {
                    failed(client, begun, e);
                    Thread.sleep(AFTER_FAILURE);
                }
            }
        } catch (InterruptedException e) {
            // Only close() interrupts.
            Thread.currentThread().interrupt();
        }
    }

    private void failed(String client, Instant begun, Exception e) {
        // What breaks because the clients are being stopped is no fault of the server.
        if (!stopped) {
            synchronized (failures) {
                failures.add(new Failed(node, client, begun, Instant.now(), e.toString()));
            }
        }
    }

    private static void expect(ApiConnection.Response response) throws IOException {
        if (response.status() / 100 != 2) {
            throw new IOException("status " + response.status() + ": " + response.body());
        }
    }

    @Override
    public void close() {
        stopped = true;
        Clients.end(clients, Duration.ofSeconds(20));
    }
}
