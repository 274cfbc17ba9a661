package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * What the agent sees of the use of its certificates by the real etcd and kube-apiserver, and that it takes back what one of
 * them does not use: a kube-apiserver that reads other files, and one that hangs.
 */
class ProvenSwapIT {
    private static final Duration WITHIN = Duration.ofSeconds(8);
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String PROFILE = "kube-apiserver";

    private final Path folder = WorkFolder.of(ProvenSwapIT.class);
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void provesWhatIsUsedAndTakesBackWhatIsNot() throws IOException {
        try (var cluster = RunningCluster.start(folder, "components: {proveWithin: " + WITHIN.toSeconds() + "s}\n")) {
            var agent = cluster.controlPlane();
            provesEachPair(agent);
            String first = cluster.servedSerial();
            agent.renew(PROFILE);
            awaitProven(agent);
            assertThat(cluster.servedSerial()).isNotEqualTo(first);

            takesBackWhatAServerWithOtherFilesDoesNotRead(cluster, agent);
            try (var server = cluster.startApiServer(agent)) {
                goesOnWhenItsNamesChange(cluster);
                awaitProven(agent);
                takesBackWhatAServerThatHangsDoesNotServe(cluster, agent, server);
            }
        }
    }

    private static void provesEachPair(NodeAgent agent) {
        Map.of(
                        PROFILE,
                        "served",
                        "etcd-server",
                        "served",
                        "etcd-peer",
                        "served",
                        "revocation-gate",
                        "served",
                        "etcd-healthcheck-client",
                        "authenticated",
                        "front-proxy-client",
                        "authenticated",
                        "kube-apiserver-etcd-client",
                        "next-connection",
                        "kubelet-client",
                        "next-connection",
                        "kube-controller-manager",
                        "next-connection",
                        "kube-scheduler",
                        "next-connection")
                .forEach((profile, proof) -> Await.until(
                        profile + " is " + proof,
                        SOON,
                        () -> agent.certificate(profile)
                                .path("proof")
                                .asString("")
                                .equals(proof)));
        Await.until(
                "every bundle is loaded",
                SOON,
                () -> agent.status()
                        .path("bundles")
                        .valueStream()
                        .allMatch(bundle -> bundle.path("loaded").asBoolean()));
    }

    private void takesBackWhatAServerWithOtherFilesDoesNotRead(RunningCluster cluster, NodeAgent agent)
            throws IOException {
        cluster.kubeApiserver().close();
        String good = openSsl.serialOf(agent.files().pki("apiserver.crt"));
        try (var server = cluster.startApiServer(
                agent,
                "--tls-cert-file=" + copy(agent, "apiserver.crt"),
                "--tls-private-key-file=" + copy(agent, "apiserver.key"))) {
            agent.tryRenew(PROFILE);
            awaitTakenBack(
                    cluster,
                    good,
                    "kube-apiserver serves the certificate with serial " + good + ", not the published one");
            assertThat(server.process().isAlive()).isTrue();
            assertThat(cluster.servedSerial()).isEqualTo(good);
        }
    }

    /** What the server wants otherwise ends the pause after a rollback; nobody has to come to the node. */
    private static void goesOnWhenItsNamesChange(RunningCluster cluster) {
        cluster.operator()
                .patch("/clusters/" + RunningCluster.CLUSTER, Map.of("extraNames", List.of("api.example.org")))
                .expect(200);
        Await.until("the new name is served", SOON, () -> cluster.servedNames().contains("api.example.org"));
    }

    private void takesBackWhatAServerThatHangsDoesNotServe(
            RunningCluster cluster, NodeAgent agent, KubeApiserver server) {
        String good = cluster.servedSerial();
        String pid = Long.toString(server.process().pid());
        Command.of("kill", "-STOP", pid).run().orFail();
        try {
            agent.tryRenew(PROFILE);
            awaitTakenBack(cluster, good, "kube-apiserver makes no TLS connection: it does not answer");
        } finally {
            Command.of("kill", "-CONT", pid).run().orFail();
        }
        Await.until("the good one is served", SOON, () -> cluster.servedSerial().equals(good));

        agent.tryRenew(PROFILE);
        awaitProven(agent);
        assertThat(cluster.servedSerial()).isNotEqualTo(good);
    }

    private Path copy(NodeAgent agent, String name) throws IOException {
        return Files.copy(agent.files().pki(name), folder.resolve(name)).toAbsolutePath();
    }

    /** The last good pair is where it was, and status and the server say what was seen. */
    private void awaitTakenBack(RunningCluster cluster, String good, String seen) {
        var agent = cluster.controlPlane();
        Path file = agent.files().pki("apiserver.crt");
        assertThat(openSsl.serialOf(file)).isNotEqualTo(good);
        Await.until(
                "the last good pair is put back",
                WITHIN.plus(SOON),
                () -> openSsl.serialOf(file).equals(good));
        var told = seen + "; serial " + good + " is in place again";
        Await.until(
                "it is told on the node",
                SOON,
                () -> agent.certificate(PROFILE).path("problem").asString("").contains(told));
        Await.until(
                "it is told to the server",
                SOON,
                () -> cluster.operator()
                        .get("/clusters/" + RunningCluster.CLUSTER + "/nodes/"
                                + agent.node().name())
                        .expect(200)
                        .at("/report/certificates")
                        .valueStream()
                        .anyMatch(line -> line.path("profile").asString("").equals(PROFILE)
                                && line.path("problem").asString("").contains(told)));
        assertThat(openSsl.run("pkey", "-in", agent.files().pki("apiserver.key"), "-pubout")
                        .orFail()
                        .stdout())
                .isEqualTo(openSsl.run("x509", "-in", file, "-noout", "-pubkey")
                        .orFail()
                        .stdout());
    }

    private void awaitProven(NodeAgent agent) {
        Await.until("what is published is served", SOON, () -> {
            JsonNode line = agent.certificate(PROFILE);
            return line.path("proof").asString("").equals("served")
                    && line.path("serial")
                            .asString("")
                            .equals(openSsl.serialOf(agent.files().pki("apiserver.crt")))
                    && !line.hasNonNull("problem");
        });
    }
}
