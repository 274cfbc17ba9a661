package dev.certfleet.endtoend;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A good client of etcd that never stops: one connection that stays open, and a new one for each request beside it, so that
 * etcd reads its CRL for each. Nothing is retried.
 */
final class EtcdTraffic implements AutoCloseable {
    private static final String RANGE = "{\"key\": \"YQ==\"}";

    private final String address;
    private final ClientIdentity identity;
    private final AtomicInteger requests = new AtomicInteger();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final List<Thread> threads;
    private volatile boolean stopped;

    private EtcdTraffic(String address, ClientIdentity identity) {
        this.address = address;
        this.identity = identity;
        this.threads = List.of(
                Thread.ofPlatform().name("open").start(this::onOneConnection),
                Thread.ofPlatform().name("new").start(this::onNewConnections));
    }

    static EtcdTraffic start(String address, ClientIdentity identity) {
        return new EtcdTraffic(address, identity);
    }

    private void onOneConnection() {
        try (ApiConnection connection = ApiConnection.open(address, Etcd.CLIENT_PORT, identity)) {
            while (!stopped) {
                ask(connection);
                pause();
            }
        } catch (IOException e) {
            failures.add("the open connection: " + e);
        }
    }

    private void onNewConnections() {
        while (!stopped) {
            try (ApiConnection connection = ApiConnection.open(address, Etcd.CLIENT_PORT, identity)) {
                ask(connection);
            } catch (IOException e) {
                failures.add("a new connection: " + e);
            }
            pause();
        }
    }

    private void ask(ApiConnection connection) throws IOException {
        ApiConnection.Response response = connection.post("/v3/kv/range", RANGE);
        requests.incrementAndGet();
        if (response.status() != 200) {
            failures.add(response.toString());
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    int requests() {
        return requests.get();
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    @Override
    public void close() {
        stopped = true;
        for (Thread thread : threads) {
            try {
                thread.join(10_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
