package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Nodes reach each other and the machine, say what went wrong on them, and leave nothing behind. */
class NodeNetworkIT {
    private final Path logs = WorkFolder.of(NodeNetworkIT.class);

    @Test
    void nodesReachEachOtherAndTheMachineReachesThem() {
        try (var network = NodeNetwork.create(logs);
                var one = network.node("one");
                var two = network.node("two")) {
            one.start("listener", listener(one), Map.of()).awaitReady(Duration.ofSeconds(10), () -> answers(two, one));

            assertThat(answers(Place.THIS_MACHINE, one)).isTrue();
            two.setConnected(false);
            assertThat(answers(two, one)).isFalse();
        }
    }

    @Test
    void whatAProgramLastSaidIsInTheFailure() {
        try (var network = NodeNetwork.create(logs);
                var node = network.node("node")) {
            var process = node.start("unlucky", List.of("ls", "/no/such/folder"), Map.of());

            assertThatThrownBy(() -> process.awaitReady(Duration.ofSeconds(10), () -> false))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContainingAll("unlucky on node ended with exit 2", "/no/such/folder");
        }
    }

    @Test
    void closingEndsEveryProcessOnTheNodes() {
        RunningProcess process;
        String namespace;
        try (var network = NodeNetwork.create(logs);
                var node = network.node("node")) {
            process = node.start("sleep", List.of("sleep", "600"), Map.of());
            namespace = node.namespace();
            assertThat(process.isAlive()).isTrue();
        }
        assertThat(process.isAlive()).isFalse();
        assertThat(namespaces()).doesNotContain(namespace);
    }

    @Test
    void removesWhatACrashedTestLeft() {
        var ofDeadTest = "certfleet-" + aProcessIdThatIsNotInUse() + "-250-cp-1";
        NodeNetwork.ip("netns", "add", ofDeadTest);
        try (var left = RunningProcess.start(
                "left",
                logs.resolve("left.log"),
                List.of("ip", "netns", "exec", ofDeadTest, "sleep", "600"),
                Map.of())) {
            assertThat(left.isAlive()).isTrue();

            NodeNetwork.create(logs).close();

            assertThat(namespaces()).doesNotContain(ofDeadTest);
            Await.until("its process has ended", Duration.ofSeconds(5), () -> !left.isAlive());
        }
    }

    private static String aProcessIdThatIsNotInUse() {
        // Higher than the kernel ever goes.
        return String.valueOf(1 << 23);
    }

    private static String namespaces() {
        return Command.of("ip", "netns", "list").run().orFail().stdout();
    }

    private static List<String> listener(NetworkNamespace node) {
        return List.of(
                System.getProperty("java.home") + "/bin/jwebserver",
                "--bind-address",
                node.address(),
                "--port",
                "8080",
                "--directory",
                "/usr");
    }

    private static boolean answers(Place from, NetworkNamespace node) {
        return from.command("curl", "--silent", "--max-time", "2", "http://" + node.address() + ":8080/")
                .run()
                .succeeded();
    }
}
