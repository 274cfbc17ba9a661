package dev.certfleet.endtoend;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Watches the cluster's leases: a node's must not be older than it counts, or its pods would be moved; those of the leaders change
 * hands only where a leader went.
 */
final class LeaseWatch implements AutoCloseable {
    private static final String LEASES = "/apis/coordination.k8s.io/v1/leases";
    private static final String NODES = "kube-node-lease";
    private static final Duration TURN = Duration.ofSeconds(1);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final List<NodeAgent> controlPlanes;
    private final List<String> lapsed = new ArrayList<>();
    private final Map<String, Integer> transitions = new TreeMap<>();
    private final Map<String, Integer> first = new TreeMap<>();
    private final Map<String, Long> oldest = new TreeMap<>();
    private final Thread thread;

    private LeaseWatch(List<NodeAgent> controlPlanes) {
        this.controlPlanes = controlPlanes;
        this.thread = Thread.ofPlatform().daemon().name("lease watch").start(this::work);
    }

    static LeaseWatch start(List<NodeAgent> controlPlanes) {
        return new LeaseWatch(controlPlanes);
    }

    private void work() {
        try {
            for (int i = 0; ; i++) {
                look(controlPlanes.get(i % controlPlanes.size()));
                Thread.sleep(TURN);
            }
        } catch (InterruptedException e) {
            // Only close() interrupts.
            Thread.currentThread().interrupt();
        }
    }

    private void look(NodeAgent agent) {
        var admin = new ClientIdentity(
                agent.files().pki("ca.crt"),
                agent.files().pki("admin.crt"),
                agent.files().pki("admin.key"));
        try (var connection = ApiConnection.open(agent.node().address(), KubeApiserver.PORT, admin)) {
            var asked = Instant.now();
            var answer = connection.get(LEASES);
            if (answer.status() == 200) {
                JSON.readTree(answer.body()).path("items").forEach(lease -> see(lease, asked));
            }
        } catch (IOException | RuntimeException e) {
            // The traffic counts what fails; the next look is at another node.
        }
    }

    private synchronized void see(JsonNode lease, Instant now) {
        String name = lease.path("metadata").path("name").asString();
        JsonNode spec = lease.path("spec");
        if (lease.path("metadata").path("namespace").asString().equals(NODES)) {
            var age = Duration.between(Instant.parse(spec.path("renewTime").asString()), now);
            oldest.merge(name, age.toSeconds(), Math::max);
            if (age.toSeconds() > spec.path("leaseDurationSeconds").asInt()) {
                lapsed.add(now + " the lease of node " + name + " is " + age.toSeconds() + " s old");
            }
        } else if (name.equals("kube-controller-manager") || name.equals("kube-scheduler")) {
            int count = spec.path("leaseTransitions").asInt(0);
            first.putIfAbsent(name, count);
            transitions.put(name, count - first.get(name));
        }
    }

    /** Each time that a node's lease was seen to have run out. */
    synchronized List<String> lapsed() {
        return List.copyOf(lapsed);
    }

    /** How old a node's lease was at most, in seconds. */
    synchronized Map<String, Long> oldest() {
        return Map.copyOf(oldest);
    }

    /** How often a leader's lease changed hands. */
    synchronized Map<String, Integer> transitions() {
        return Map.copyOf(transitions);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
