package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A cut of the long run: authorities of a cluster in use are rotated at the same time, with the restarts that take, while its
 * agents are killed.
 */
class RotationIT {
    private static final int KILLS = 10;
    private static final Duration LIMIT = Duration.ofSeconds(150);

    private final Path folder = WorkFolder.of(RotationIT.class);

    @Test
    void rotatesAuthoritiesOfAClusterInUseWhileItsAgentsAreKilled() throws IOException {
        try (var cluster = WholeCluster.start(folder, new WholeCluster.Shape(1, 1, 0));
                var run = new RunOfLife(
                        cluster, Duration.ofMillis(100), KILLS, Duration.ofSeconds(6), new Random().nextLong())) {
            try {
                run.rotations().rotate(LIMIT, "kubernetes", "etcd", "front-proxy");
                run.kills().awaitAll(Duration.ofMinutes(2));
            } finally {
                System.out.println(run.summary());
            }
            assertThat(run.shortcomings()).isEmpty();
            assertThat(run.rotations().seconds()).containsOnlyKeys("kubernetes", "etcd", "front-proxy");
            assertThat(run.kills().count()).isEqualTo(KILLS);
        }
    }
}
