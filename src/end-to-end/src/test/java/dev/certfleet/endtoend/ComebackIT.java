package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * A cluster that was switched off, its CA server too, comes back by being switched on: first after 31 days, when every
 * certificate of its nodes has ended, then after 400. A copy that somebody made of a node before does not. The long run has the
 * same with more nodes.
 */
class ComebackIT {
    private static final List<Integer> DAYS_OFF = List.of(31, 400);
    private static final int NODES = 2;
    private static final int REFUSED = 8;

    private final Path folder = WorkFolder.of(ComebackIT.class);
    private final Path backup = folder.resolve("backup");

    @Test
    void aClusterThatWasOffFor31AndFor400DaysComesBackByItself() throws IOException, GeneralSecurityException {
        Path worker = folder.resolve("disk-worker-1/var/lib/certfleet");
        var past = new WholeCluster.Past(DAYS_OFF, _ -> {
            if (!Files.exists(backup)) {
                copy(worker, backup);
            }
        });
        try (var cluster = WholeCluster.startAfter(past, folder, new WholeCluster.Shape(1, NODES - 1, 1))) {
            assertThat(events(cluster, "node-came-back")).hasSize(NODES * DAYS_OFF.size());
            assertThat(cluster.restarts()).isEmpty();
            isRegistered(cluster);
            anOlderKeyDoesNotBringTheNodeBack(cluster, worker);
        }
    }

    private static void isRegistered(WholeCluster cluster) {
        var kubectl = cluster.kubectl(cluster.controlPlanes().getFirst());
        Await.until(
                "the worker has registered",
                Duration.ofMinutes(1),
                () -> kubectl.run("get", "node", "worker-1").succeeded());
    }

    private void anOlderKeyDoesNotBringTheNodeBack(WholeCluster cluster, Path state)
            throws IOException, GeneralSecurityException {
        var agent = cluster.agents().getLast();
        var disk = cluster.disk(agent.node());
        agent.close();
        var before = Leaves.read(agent.files().folder());
        Path own = Files.move(state, folder.resolve("own"));
        copy(backup, state);

        var refused = NodeAgent.command(agent.node(), disk, "once");

        assertThat(refused.exit()).as(refused.toString()).isEqualTo(REFUSED);
        assertThat(refused.stderr()).contains("for a newer one of this node");
        assertThat(Leaves.read(agent.files().folder())).isEqualTo(before);
        assertThat(events(cluster, "alarm-raised").toString()).contains("old-identity-presented", "worker-1");

        Files.move(state, folder.resolve("stolen"));
        Files.move(own, state);
        NodeAgent.command(agent.node(), disk, "once").orFail();
    }

    private static JsonNode events(WholeCluster cluster, String type) {
        return cluster.operator()
                .get("/audit-events?cluster=" + WholeCluster.NAME + "&type=" + type)
                .expect(200)
                .path("items");
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
