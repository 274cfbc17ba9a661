package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * A real etcd reads the agent's CRL: what is revoked is refused and its open connections are ended, what is good never
 * notices, and whatever comes over plain HTTP in place of the CRL, etcd never gets to see it. The etcd node has no other role.
 */
@SuppressWarnings("NullAway.Init")
class EtcdEnforcementIT {
    private static final String CLUSTER = "prod";
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Path folder = WorkFolder.of(EtcdEnforcementIT.class);
    private final Binaries binaries = Binaries.find();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    private NetworkNamespace etcdNode;
    private NetworkNamespace clientNode;
    private LyingProxy proxy;
    private Operator operator;
    private CertfleetServer server;
    private NodeAgent etcdAgent;
    private NodeAgent clientAgent;
    private ClientIdentity good;

    private <T extends AutoCloseable> T closing(T part) {
        parts.push(part);
        return part;
    }

    @AfterEach
    void endAll() throws Exception {
        while (!parts.isEmpty()) {
            parts.pop().close();
        }
    }

    @Test
    void refusesWhatIsRevokedAndNeverAnybodyElse() throws Exception {
        start();
        try (EtcdTraffic traffic = EtcdTraffic.start(etcdNode.address(), good)) {
            refusesRevokedClientAndEndsItsConnections();
            publishesNoLie();
            putsRightWhatSomebodyElseChanged();
            updatesEverySecondForAMinute();
            assertThat(traffic.failures()).isEmpty();
            assertThat(traffic.requests()).isGreaterThan(1000);
            System.out.println("requests of the good client: " + traffic.requests() + ", failed: 0");
        }
    }

    private void start() {
        NodeNetwork network = closing(NodeNetwork.create(folder.resolve("logs")));
        etcdNode = closing(network.node("etcd-1"));
        clientNode = closing(network.node("cp-1"));
        proxy = closing(LyingProxy.start(network.hostAddress()));
        server = closing(CertfleetServer.start(
                folder.resolve("server"), network.hostAddress(), folder.resolve("logs/server.log")));
        proxy.passTo(server.statusUrl());
        operator = server.firstOperator();
        operator.post(
                        "/clusters",
                        Map.of("name", CLUSTER, "statusUrl", proxy.url().toString()))
                .expect(201);
        etcdAgent = closing(boot(etcdNode, "etcd"));
        clientAgent = closing(boot(clientNode, "control-plane"));
        etcdAgent.awaitPublished(
                "pki/etcd/ca.crt",
                "pki/etcd/server.crt",
                "pki/etcd/peer.crt",
                "pki/etcd/healthcheck-client.crt",
                "pki/etcd/crl.der");
        clientAgent.awaitPublished("pki/etcd/ca.crt", "pki/apiserver-etcd-client.crt");
        KubernetesFolder files = etcdAgent.files();
        closing(Etcd.start(
                binaries,
                etcdNode,
                files,
                folder.resolve("etcd"),
                "--client-crl-file=" + crl(),
                "--peer-crl-file=" + crl()));
        good = new ClientIdentity(
                files.pki("etcd/ca.crt"),
                files.pki("etcd/healthcheck-client.crt"),
                files.pki("etcd/healthcheck-client.key"));
        Await.until(
                "the agent sees that etcd refuses what is revoked",
                Duration.ofSeconds(30),
                () -> state().contains("client port refuses what is revoked, peer port refuses what is revoked"));
    }

    private NodeAgent boot(NetworkNamespace node, String role) {
        String token = operator.token(CLUSTER, node, role);
        return NodeAgent.boot(
                node, folder.resolve("disk-" + node.name()), List.of(server), token, fingerprint(server.authority()));
    }

    private void refusesRevokedClientAndEndsItsConnections() {
        KubernetesFolder files = clientAgent.files();
        Path certificate = files.pki("apiserver-etcd-client.crt");
        String[] revoked =
                etcdctl(files.pki("etcd/ca.crt"), certificate, files.pki("apiserver-etcd-client.key"), "watch", "a");
        RunningProcess watch = clientNode.start("etcdctl-revoked", List.of(revoked), Map.of());
        RunningProcess other = clientNode.start(
                "etcdctl-good",
                List.of(etcdctl(good.authority(), good.certificate(), good.key(), "watch", "a")),
                Map.of());
        Await.until(
                "both are connected",
                SOON,
                () -> clientNode.connectionsTo(Etcd.CLIENT_PORT).size() == 2);
        var before = clientNode.connectionsTo(Etcd.CLIENT_PORT);

        operator.revoke(fingerprint(certificate), "privilegeWithdrawn");
        Duration refused = Await.until(
                "etcd refuses the revoked client",
                SOON,
                () -> !clientNode
                        .command(etcdctl(
                                files.pki("etcd/ca.crt"),
                                certificate,
                                files.pki("apiserver-etcd-client.key"),
                                "--command-timeout=1s",
                                "get",
                                "a"))
                        .run()
                        .succeeded());
        Await.until(
                "its connections are ended",
                SOON,
                () -> clientNode.connectionsTo(Etcd.CLIENT_PORT).stream().noneMatch(before::contains));
        System.out.println("etcd refused " + refused.toMillis() + " ms after the revocation's answer");

        Await.until("the good client of the same node is back", SOON, () -> {
            clientNode
                    .command(etcdctl(good.authority(), good.certificate(), good.key(), "put", "a", "told"))
                    .run()
                    .orFail();
            return other.output().contains("told");
        });
        assertThat(watch.output()).doesNotContain("told");
        Await.until("it is proven", SOON, () -> state().contains("; 0 revocations to be proven"));
        watch.stop();
        other.stop();
    }

    private void publishesNoLie() throws IOException {
        byte[] first = Files.readAllBytes(crl());
        revokeOne();
        Await.until("the next CRL is published", SOON, () -> !Arrays.equals(first, Files.readAllBytes(crl())));
        byte[] truth = Files.readAllBytes(crl());
        Map<String, byte[]> lies = new LinkedHashMap<>();
        lies.put("nothing", new byte[0]);
        lies.put("PEM", pem(truth));
        lies.put("HTML", "<html><body>Welcome to the hotel</body></html>".getBytes(StandardCharsets.US_ASCII));
        lies.put("cut off", Arrays.copyOf(truth, truth.length - 1));
        lies.put("a changed octet", changed(truth));
        lies.put("too much", new byte[9 << 20]);
        lies.put("older", first);
        lies.put("another authority's", fetch("/crl/" + CLUSTER + "-kubernetes-1.crl"));
        for (Map.Entry<String, byte[]> lie : lies.entrySet()) {
            proxy.tell(lie.getValue());
            revokeOne();
            Await.until(lie.getKey() + " was fetched", SOON, () -> proxy.told() > 1);
            Await.until(
                    lie.getKey() + " is reported",
                    SOON,
                    () -> etcdAgent.status().path("problems").toString().contains("is not published"));
            assertThat(Files.readAllBytes(crl())).as(lie.getKey()).isEqualTo(truth);
        }
        proxy.tell(null);
        Await.until("the truth is published", SOON, () -> !Arrays.equals(truth, Files.readAllBytes(crl())));
        Await.until("all is proven", SOON, () -> state().contains("; 0 revocations to be proven"));
        assertThat(etcdAgent.status().path("problems")).isEmpty();
    }

    private void putsRightWhatSomebodyElseChanged() throws IOException {
        byte[] truth = Files.readAllBytes(crl());
        Path changed = Files.write(crl().resolveSibling("by-hand"), changed(truth));
        // By rename, as a careful person would; a file that etcd cannot read would stop the good client here.
        Files.move(changed, crl(), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        Await.until(
                "the file is put right", Duration.ofSeconds(20), () -> Arrays.equals(truth, Files.readAllBytes(crl())));
        Await.until(
                "somebody is told",
                SOON,
                () -> etcdAgent.status().path("problems").toString().contains("changed by somebody else"));
    }

    private void updatesEverySecondForAMinute() throws InterruptedException {
        try (WatchedFile file = WatchedFile.watch(crl())) {
            long started = System.nanoTime();
            for (int second = 1; second <= 60; second++) {
                revokeOne();
                long left = started + Duration.ofSeconds(second).toNanos() - System.nanoTime();
                Thread.sleep(Math.max(0, left / 1_000_000));
            }
            assertThat(file.failures()).isEmpty();
            assertThat(file.different()).isGreaterThan(40);
            System.out.println("CRLs published within a minute: " + file.different());
        }
    }

    /** A certificate of the client node that nobody uses. */
    private void revokeOne() {
        Path key = folder.resolve("throw-away.key");
        Path request = folder.resolve("throw-away.csr");
        openSsl.makeRequest(key, request);
        try {
            JsonNode issued = operator.post(
                            "/clusters/" + CLUSTER + "/certificates",
                            Map.of(
                                    "profile",
                                    "kube-apiserver-etcd-client",
                                    "node",
                                    clientNode.name(),
                                    "csr",
                                    Files.readString(request)))
                    .expect(201);
            operator.revoke(issued.path("id").asString(), "unspecified");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Path crl() {
        return etcdAgent.files().pki("etcd/crl.der");
    }

    private String state() {
        return etcdAgent.status().path("etcd").asString("");
    }

    private String[] etcdctl(Path authority, Path certificate, Path key, String... command) {
        return Command.concat(
                        List.of(
                                binaries.path("etcdctl"),
                                "--endpoints=https://" + etcdNode.address() + ":" + Etcd.CLIENT_PORT,
                                "--cacert=" + authority,
                                "--cert=" + certificate,
                                "--key=" + key),
                        List.of(command))
                .toArray(String[]::new);
    }

    private byte[] fetch(String path) throws IOException {
        try (var body = URI.create(server.statusUrl() + path).toURL().openStream()) {
            return body.readAllBytes();
        }
    }

    private static byte[] pem(byte[] der) {
        return ("-----BEGIN X509 CRL-----\n" + Base64.getMimeEncoder().encodeToString(der)
                        + "\n-----END X509 CRL-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** In the signature: the file can be read as before. */
    private static byte[] changed(byte[] der) {
        byte[] changed = der.clone();
        changed[changed.length - 1] ^= 1;
        return changed;
    }

    private String fingerprint(Path certificate) {
        return openSsl.run("x509", "-in", certificate, "-noout", "-fingerprint", "-sha256")
                .orFail()
                .stdout()
                .strip()
                .replaceAll("^.*=", "")
                .replace(":", "")
                .toLowerCase(Locale.ROOT);
    }
}
