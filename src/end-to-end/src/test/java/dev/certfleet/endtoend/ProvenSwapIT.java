package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What the agent says about the use of its certificates, against the real etcd and kube-apiserver. */
class ProvenSwapIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Path folder = WorkFolder.of(ProvenSwapIT.class);
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void provesWhatIsUsedAndTakesBackWhatIsNot() {
        try (var cluster = RunningCluster.start(folder)) {
            var agent = cluster.controlPlane();
            for (String[] expected : new String[][] {
                {"kube-apiserver", "served"},
                {"etcd-server", "served"},
                {"etcd-peer", "served"},
                {"revocation-gate", "served"},
                {"etcd-healthcheck-client", "authenticated"},
                {"front-proxy-client", "authenticated"},
                {"kube-apiserver-etcd-client", "next-connection"},
                {"kubelet-client", "next-connection"},
                {"kube-scheduler", "next-connection"},
            }) {
                Await.until(
                        expected[0] + " is " + expected[1],
                        LIMIT,
                        () -> line(agent, expected[0]).path("proof").asString("").equals(expected[1]));
            }
            assertThat(agent.status().path("bundles"))
                    .filteredOn(bundle -> !bundle.path("loaded").asBoolean())
                    .isEmpty();

            String good = cluster.servedSerial();
            agent.renew("kube-apiserver");
            Await.until("the renewed certificate is proven", LIMIT, () -> {
                JsonNode line = line(agent, "kube-apiserver");
                return !line.path("serial").asString("").equals(good)
                        && line.path("proof").asString("").equals("served");
            });

            String proven = cluster.servedSerial();
            Path file = agent.files().pki("apiserver.crt");
            long pid = cluster.kubeApiserver().process().pid();
            Command.of("kill", "-STOP", Long.toString(pid)).run().orFail();
            try {
                agent.tryRenew("kube-apiserver");
                assertThat(openSsl.serialOf(file)).isNotEqualTo(proven);
                Await.until(
                        "the last good pair is put back",
                        Duration.ofSeconds(45),
                        () -> openSsl.serialOf(file).equals(proven));
            } finally {
                Command.of("kill", "-CONT", Long.toString(pid)).run().orFail();
            }
            Await.until(
                    "it is told",
                    LIMIT,
                    () -> line(agent, "kube-apiserver").path("problem").asString("").contains("is in place again"));
            assertThat(cluster.servedSerial()).isEqualTo(proven);

            agent.tryRenew("kube-apiserver");
            Await.until("the next one is taken", LIMIT, () -> {
                JsonNode line = line(agent, "kube-apiserver");
                return line.path("proof").asString("").equals("served")
                        && line.path("serial").asString("").equals(cluster.servedSerial())
                        && !cluster.servedSerial().equals(proven);
            });
        }
    }

    private static JsonNode line(NodeAgent agent, String profile) {
        for (JsonNode line : agent.status().path("certificates")) {
            if (line.path("profile").asString().equals(profile)) {
                return line;
            }
        }
        throw new AssertionError("no certificate " + profile);
    }
}
