package dev.certfleet.endtoend;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A cluster in use while its certificates and authorities change and its agents are killed, and what is to be said of it in
 * the end: {@link #shortcomings} is what must not be.
 */
final class RunOfLife implements AutoCloseable {
    /** For how long after a component is ready again what fails is still its restart's: clients and etcd's pause before they connect anew. */
    private static final Duration AFTERMATH = Duration.ofSeconds(5);

    private final WholeCluster cluster;
    private final DiskWatch disk;
    private final LeaseWatch leases;
    private final List<SteadyTraffic> traffic = new ArrayList<>();
    private final AgentKills kills;
    private final Rotations rotations;
    private final Instant began = Instant.now();

    /**
     * @param pause between two requests of each client
     * @param kills how many agents are killed in all
     * @param killPause between two of them on average
     */
    RunOfLife(WholeCluster cluster, Duration pause, int kills, Duration killPause, long seed) throws IOException {
        this.cluster = cluster;
        this.disk = DiskWatch.start(cluster.agents());
        this.leases = LeaseWatch.start(cluster.controlPlanes());
        for (var agent : cluster.controlPlanes()) {
            traffic.add(SteadyTraffic.start(agent.node(), cluster.adminOf(agent), pause));
        }
        this.rotations = new Rotations(WholeCluster.NAME, cluster::operator);
        this.kills = AgentKills.start(cluster.agents(), disk, kills, killPause, seed);
    }

    DiskWatch disk() {
        return disk;
    }

    AgentKills kills() {
        return kills;
    }

    Rotations rotations() {
        return rotations;
    }

    /** Has every node renew all it holds that many times, each time to the end. */
    void renewAll(int times, Duration limit) {
        int before = disk.fewestRenewals();
        for (int i = 1; i <= times; i++) {
            int wanted = before + i;
            cluster.agents()
                    .forEach(agent -> cluster.operator()
                            .post(
                                    "/clusters/" + WholeCluster.NAME + "/nodes/"
                                            + agent.node().name() + "/renew",
                                    Map.of())
                            .expect(200));
            Await.until("every pair was renewed " + wanted + " times", limit, () -> disk.fewestRenewals() >= wanted);
            System.out.println("     every pair was renewed " + wanted + " times");
        }
    }

    private List<SteadyTraffic.Failed> failures() {
        return traffic.stream().flatMap(each -> each.failures().stream()).toList();
    }

    /** Its own kube-apiserver or an etcd was being restarted: the leader may have been on another node. */
    private boolean isOfARestart(SteadyTraffic.Failed failed) {
        return isOfARestartOf("etcd", failed) || isOfARestartHere(failed);
    }

    /** The kube-apiserver or the etcd of the same node was. */
    private boolean isOfARestartHere(SteadyTraffic.Failed failed) {
        return cluster.restarts().stream()
                .filter(restart -> restart.node().equals(failed.node()))
                .filter(restart -> restart.component().equals("etcd")
                        || restart.component().equals("kube-apiserver"))
                .anyMatch(restart -> covers(restart, failed.at()));
    }

    private boolean isOfARestartOf(String component, SteadyTraffic.Failed failed) {
        return cluster.restarts().stream()
                .filter(restart -> restart.component().equals(component))
                .anyMatch(restart -> covers(restart, failed.at()));
    }

    private static boolean covers(Supervised.Restart restart, Instant at) {
        return !at.isBefore(restart.down())
                && (restart.ready() == null || at.isBefore(restart.ready().plus(AFTERMATH)));
    }

    /** A leader that cannot renew its lease ends; that is so where the kube-apiserver or etcd of its node is restarted. */
    private boolean isOfARestart(Supervised.Restart ended) {
        return ended.component().startsWith("kube-")
                && !ended.component().equals("kube-apiserver")
                && cluster.restarts().stream()
                        .filter(other -> other.component().equals("etcd")
                                || (other.component().equals("kube-apiserver")
                                        && other.node().equals(ended.node())))
                        .anyMatch(other -> covers(other, ended.down()));
    }

    /** Restarts on two nodes at once, by the components' own times and by the server's leases. */
    private List<String> overlaps() {
        List<String> found = new ArrayList<>();
        var asked =
                cluster.restarts().stream().filter(Supervised.Restart::asked).toList();
        for (int i = 0; i < asked.size(); i++) {
            for (int j = i + 1; j < asked.size(); j++) {
                if (!asked.get(i).node().equals(asked.get(j).node())
                        && asked.get(i).overlaps(asked.get(j))) {
                    found.add(asked.get(i) + " and " + asked.get(j));
                }
            }
        }
        var granted = StreamSupport.stream(cluster.restartLeases().spliterator(), false)
                .toList();
        for (int i = 0; i < granted.size(); i++) {
            for (int j = i + 1; j < granted.size(); j++) {
                if (overlap(granted.get(i), granted.get(j))) {
                    found.add(granted.get(i) + " and " + granted.get(j));
                }
            }
        }
        return found;
    }

    private static boolean overlap(JsonNode one, JsonNode other) {
        return begin(one).isBefore(end(other)) && begin(other).isBefore(end(one));
    }

    private static Instant begin(JsonNode lease) {
        return Instant.parse(lease.path("grantedAt").asString());
    }

    private static Instant end(JsonNode lease) {
        String ended = lease.path("endedAt").asString("");
        return ended.isEmpty() ? Instant.MAX : Instant.parse(ended);
    }

    /** What must not have happened; empty where all went well. */
    List<String> shortcomings() {
        List<String> found = new ArrayList<>();
        failures().stream()
                .filter(failed -> !isOfARestart(failed))
                .forEach(failed -> found.add("failed request: " + failed));
        disk.problems().forEach(problem -> found.add("no good pair: " + problem));
        leases.lapsed().forEach(lapsed -> found.add("lease: " + lapsed));
        leases.transitions().forEach((leader, count) -> {
            long ends = cluster.restarts().stream()
                    .filter(restart -> restart.component().equals(leader))
                    .count();
            if (count > ends) {
                found.add("the lease of " + leader + " changed hands " + count + " times in " + ends + " restarts");
            }
        });
        overlaps().forEach(overlap -> found.add("restarts at once: " + overlap));
        cluster.restarts().stream()
                .filter(restart -> !restart.asked() && !isOfARestart(restart))
                .forEach(restart -> found.add("ended by itself: " + restart));
        cluster.restarts().stream()
                .filter(restart -> restart.ready() == null)
                .forEach(restart -> found.add("never ready again: " + restart));
        restarts(true).forEach((where, count) -> {
            long demanded = demanded(where.substring(0, where.indexOf('@')));
            if (count > demanded) {
                found.add(where + " was restarted " + count + " times, and " + demanded + " times at most had to be");
            }
        });
        return found;
    }

    /** How often a component has a CA bundle that it reads once: one with the new authority, and one without the old. */
    private long demanded(String component) {
        Set<String> bundles = switch (component) {
            case "etcd" -> Set.of("etcd");
            case "kube-apiserver" -> Set.of("etcd", "kubernetes");
            default -> Set.of("kubernetes");
        };
        return 2 * rotations.begun().stream().filter(bundles::contains).count();
    }

    /** All that is to be known of it, in one line of JSON. */
    String summary() {
        Map<String, Object> all = new LinkedHashMap<>();
        var failed = failures();
        all.put("seconds", Duration.between(began, Instant.now()).toSeconds());
        all.put("requests", traffic.stream().mapToLong(SteadyTraffic::requests).sum());
        all.put("failed", failed.stream().filter(each -> !isOfARestart(each)).count());
        all.put(
                "failedDuringRestarts",
                failed.stream().filter(this::isOfARestart).count());
        all.put("kills", kills.count());
        all.put("killsByNode", new TreeMap<>(kills.kills()));
        all.put("seed", kills.seed());
        all.put("rotations", new TreeMap<>(rotations.seconds()));
        all.put("fewestRenewals", disk.fewestRenewals());
        all.put(
                "renewals",
                disk.renewals().values().stream().mapToInt(Integer::intValue).sum());
        all.put("pairsLookedAt", disk.looks());
        all.put("badPairs", disk.problems().size());
        all.put("tornByKills", disk.torn());
        all.put("restartsByAgent", restarts(true));
        all.put("endedThemselves", restarts(false));
        all.put("overlaps", overlaps().size());
        all.put("leaderChanges", new TreeMap<>(leases.transitions()));
        all.put("oldestNodeLeaseSeconds", new TreeMap<>(leases.oldest()));
        all.put("shortcomings", shortcomings().size());
        return JsonMapper.builder().build().writeValueAsString(all);
    }

    private Map<String, Long> restarts(boolean asked) {
        return cluster.restarts().stream()
                .filter(restart -> restart.asked() == asked)
                .collect(Collectors.groupingBy(
                        restart -> restart.component() + "@" + restart.node(), TreeMap::new, Collectors.counting()));
    }

    @Override
    public void close() {
        kills.close();
        leases.close();
        disk.close();
        traffic.forEach(SteadyTraffic::close);
    }
}
