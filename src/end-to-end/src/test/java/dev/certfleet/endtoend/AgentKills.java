package dev.certfleet.endtoend;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Kills agents at random moments, one after the other, looks at the disk as the kill left it, and starts them again. */
final class AgentKills implements AutoCloseable {
    private final List<NodeAgent> agents;
    private final DiskWatch disk;
    private final int wanted;
    private final Duration pause;
    private final long seed;
    private final Random random;
    private final Map<String, Integer> kills = new TreeMap<>();
    private final Thread thread;

    private AgentKills(List<NodeAgent> agents, DiskWatch disk, int wanted, Duration pause, long seed) {
        this.agents = agents;
        this.disk = disk;
        this.wanted = wanted;
        this.pause = pause;
        this.seed = seed;
        this.random = new Random(seed);
        this.thread = Thread.ofPlatform().daemon().name("kills").start(this::work);
    }

    /**
     * @param wanted how many in all
     * @param pause between two of them on average
     * @param seed of the choice of agents and moments
     */
    static AgentKills start(List<NodeAgent> agents, DiskWatch disk, int wanted, Duration pause, long seed) {
        System.out.println("kills with seed " + seed);
        return new AgentKills(agents, disk, wanted, pause, seed);
    }

    private void work() {
        try {
            for (int i = 0; i < wanted; i++) {
                Thread.sleep(Duration.ofMillis((long) (pause.toMillis() * 2 * random.nextDouble())));
                kill(agents.get(random.nextInt(agents.size())));
            }
        } catch (InterruptedException e) {
            // Only close() interrupts.
            Thread.currentThread().interrupt();
        }
    }

    private void kill(NodeAgent agent) {
        agent.process().kill();
        disk.look(agent);
        agent.startAgain();
        synchronized (kills) {
            kills.merge(agent.node().name(), 1, Integer::sum);
        }
    }

    long seed() {
        return seed;
    }

    /** How many there were, by node. */
    Map<String, Integer> kills() {
        synchronized (kills) {
            return Map.copyOf(kills);
        }
    }

    int count() {
        return kills().values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Waits until all were done. */
    void awaitAll(Duration limit) {
        Await.until(wanted + " kills were done", limit, () -> count() == wanted);
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
