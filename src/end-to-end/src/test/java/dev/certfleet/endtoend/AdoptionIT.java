package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * A control plane that kubeadm made eleven months ago is taken over by docs/adoption.md while clients use it, and given back to
 * kubeadm: nothing is restarted but what reads a kubeconfig with a certificate inside, and no request fails.
 */
class AdoptionIT {
    private static final String CLUSTER = "grown";
    private static final Duration AGE = Duration.ofDays(335);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final List<String> OF_CA = List.of("apiserver", "apiserver-kubelet-client");
    private static final List<String> OF_ETCD_CA =
            List.of("apiserver-etcd-client", "etcd/server", "etcd/peer", "etcd/healthcheck-client");
    private static final List<String> KUBECONFIGS =
            List.of("admin.conf", "super-admin.conf", "controller-manager.conf", "scheduler.conf", "kubelet.conf");
    private static final List<String> CA_KEYS = List.of("ca.key", "etcd/ca.key", "front-proxy-ca.key");
    private static final List<String> PAIRS = Stream.of(OF_CA, OF_ETCD_CA, List.of("front-proxy-client"))
            .flatMap(List::stream)
            .toList();

    private final Path folder = WorkFolder.of(AdoptionIT.class);
    private final Binaries binaries = Binaries.find();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void aClusterOfKubeadmIsTakenOverUnderTrafficAndGivenBack() throws IOException {
        try (var network = NodeNetwork.create(folder.resolve("logs"));
                var node = network.node("cp-1")) {
            var disk = folder.resolve("disk");
            var files = new KubernetesFolder(disk.resolve("etc/kubernetes"));
            var kubeadm = makeByKubeadm(node, files);
            try (var etcd = Etcd.start(binaries, node, files, folder.resolve("etcd"));
                    var apiServer = KubeApiserver.start(binaries, node, files, etcd);
                    var server = CertfleetServer.start(
                            folder.resolve("server"), network.hostAddress(), folder.resolve("logs/server.log"))) {
                var admin = adminOf(node, files);
                try (var scheduler = ControlPlanePart.scheduler(binaries, node, files);
                        var traffic = ApiTraffic.start(apiServer, admin, Duration.ofMinutes(5))) {
                    var serials = serials(files);
                    makeCluster(server, node, files);
                    putsAPersonOnRecord(server, files);
                    install(server, node, disk);
                    var keys = takeAwayKeys(files);
                    showsWhatWouldChange(node, disk);

                    NodeAgent.command(node, disk, "adopt").orFail();
                    var agent = NodeAgent.start(node, disk, PastClock.NONE);
                    try (agent) {
                        everyPairIsReplaced(files, serials);
                        assertThat(openSsl.servedSerial(node.address(), KubeApiserver.PORT, files.pki("ca.crt")))
                                .isEqualTo(openSsl.serialOf(files.pki("apiserver.crt")));
                        traffic.awaitMore(20);
                        hasOnRecord(server, serials);
                        assertThat(scheduler.process().isAlive()).isTrue();
                    }
                    scheduler.process().stop();
                    ControlPlanePart.scheduler(binaries, node, files).close();

                    NodeAgent.command(node, disk, "release").orFail();
                    isKubeadmsAgain(kubeadm, files, keys);
                    assertThat(NodeAgent.command(node, disk, "run").exit()).isNotZero();
                    traffic.awaitMore(20);

                    assertThat(traffic.report().firstFailures()).isEmpty();
                    assertThat(traffic.report().failures()).isZero();
                    System.out.println(
                            "     served meanwhile: " + traffic.report().successes());
                }
                assertThat(etcd.process().isAlive()).isTrue();
                assertThat(apiServer.process().isAlive()).isTrue();
            }
        }
    }

    // ---- eleven months ago

    private Kubeadm makeByKubeadm(NetworkNamespace node, KubernetesFolder files) throws IOException {
        Files.createDirectories(files.folder());
        var kubeadm = new Kubeadm(
                binaries, node, files, node.address() + ":" + KubeApiserver.PORT, folder.resolve("kubeadm"));
        kubeadm.phase("certs", "all").orFail();
        redate(files, "ca", OF_CA);
        redate(files, "etcd/ca", OF_ETCD_CA);
        redate(files, "front-proxy-ca", List.of("front-proxy-client"));
        kubeadm.phase("kubeconfig", "all").orFail();
        for (var name : KUBECONFIGS) {
            Redated.by(AGE, files.pki("ca.key")).kubeconfig(files.kubeconfig(name));
        }
        assertThat(kubeadm.checkExpiration().orFail().output()).containsPattern("apiserver .* (29|30)d ");
        return kubeadm;
    }

    private static void redate(KubernetesFolder files, String authority, List<String> leaves) throws IOException {
        var redated = Redated.by(AGE, files.pki(authority + ".key"));
        redated.file(files.pki(authority + ".crt"));
        for (var leaf : leaves) {
            redated.file(files.pki(leaf + ".crt"));
        }
    }

    /** The pair of {@code admin.conf}, bound as kubeadm does it. */
    private ClientIdentity adminOf(NetworkNamespace node, KubernetesFolder files) throws IOException {
        new Kubectl(binaries, node, files.kubeconfig("super-admin.conf"))
                .run(
                        "create",
                        "clusterrolebinding",
                        "kubeadm:cluster-admins",
                        "--clusterrole=cluster-admin",
                        "--group=kubeadm:cluster-admins")
                .orFail();
        String kubeconfig = Files.readString(files.kubeconfig("admin.conf"));
        Path users = Files.createDirectories(folder.resolve("users"));
        return new ClientIdentity(
                Files.copy(files.pki("ca.crt"), users.resolve("ca.crt")),
                Files.writeString(users.resolve("admin.crt"), data(kubeconfig, "client-certificate-data")),
                Files.writeString(users.resolve("admin.key"), data(kubeconfig, "client-key-data")));
    }

    private static String data(String kubeconfig, String name) {
        Matcher matcher = Pattern.compile(name + ": (\\S+)").matcher(kubeconfig);
        assertThat(matcher.find()).isTrue();
        return new String(Base64.getDecoder().decode(matcher.group(1)), StandardCharsets.US_ASCII);
    }

    private Map<String, String> serials(KubernetesFolder files) {
        Map<String, String> serials = new TreeMap<>();
        PAIRS.forEach(pair -> serials.put(pair, openSsl.serialOf(files.pki(pair + ".crt"))));
        return serials;
    }

    // ---- the way in

    private static void makeCluster(CertfleetServer server, NetworkNamespace node, KubernetesFolder files)
            throws IOException {
        server.firstOperator()
                .makeCluster(
                        CLUSTER,
                        node,
                        server,
                        Map.of(
                                "importedAuthorities",
                                List.of(
                                        authority("kubernetes", files, "ca"),
                                        authority("etcd", files, "etcd/ca"),
                                        authority("front-proxy", files, "front-proxy-ca"))));
    }

    private static Map<String, String> authority(String kind, KubernetesFolder files, String name) throws IOException {
        return Map.of(
                "kind",
                kind,
                "certificate",
                Files.readString(files.pki(name + ".crt")),
                "key",
                Files.readString(files.pki(name + ".key")));
    }

    /** Somebody whose kubeconfig is on no node; from now on her certificate can be revoked. */
    private void putsAPersonOnRecord(CertfleetServer server, KubernetesFolder files) throws IOException {
        Path certificate = folder.resolve("users/alice.crt");
        openSsl.makeSelfSigned(
                "/O=developers/CN=alice",
                folder.resolve("users/alice.key"),
                certificate,
                "-CA",
                files.pki("ca.crt").toString(),
                "-CAkey",
                files.pki("ca.key").toString(),
                // Of 64 bits, as kubeadm's; OpenSSL's own have 160, which is too many to be put on record.
                "-set_serial",
                "0x5eed5eed5eed5eed",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-addext",
                "extendedKeyUsage=clientAuth");
        JsonNode outcome = server.firstOperator()
                .post(
                        "/clusters/" + CLUSTER + "/certificates/adopt",
                        Map.of("certificates", List.of(Map.of("certificate", Files.readString(certificate)))))
                .expect(200);
        assertThat(outcome.toString()).contains("\"recorded\"");
        assertThat(ocsp(server, files, certificate)).isEqualTo("good");
        server.firstOperator().revoke(openSsl.fingerprint(certificate), "affiliationChanged");
        Await.until(
                "OCSP knows of the revocation",
                Duration.ofSeconds(5),
                () -> ocsp(server, files, certificate).equals("revoked"));
    }

    private String ocsp(CertfleetServer server, KubernetesFolder files, Path certificate) {
        return openSsl.ocsp(server.statusUrl().resolve("/ocsp"), files.pki("ca.crt"), certificate)
                .status();
    }

    private void install(CertfleetServer server, NetworkNamespace node, Path disk) {
        String token = server.firstOperator().token(CLUSTER, node, "control-plane", "etcd");
        NodeAgent.install(node, disk, List.of(server), token, openSsl.fingerprint(server.authority()), "");
        NodeAgent.command(node, disk, "enrol").orFail();
    }

    private Map<String, byte[]> takeAwayKeys(KubernetesFolder files) throws IOException {
        Map<String, byte[]> keys = new TreeMap<>();
        for (var name : CA_KEYS) {
            keys.put(name, Files.readAllBytes(files.pki(name)));
            Files.delete(files.pki(name));
        }
        return keys;
    }

    private static void showsWhatWouldChange(NetworkNamespace node, Path disk) throws IOException {
        var before = contents(disk.resolve("etc/kubernetes"));
        var plan = NodeAgent.command(node, disk, "adopt", "--plan").orFail();
        assertThat(plan.stdout())
                .contains("nothing was changed", "scheduler.conf will refer to files: restart kube-scheduler once")
                .containsPattern("kube-apiserver: .*pki/apiserver.crt, serial [0-9a-f]+")
                .doesNotContain("LOST", "STOPS");
        assertThat(contents(disk.resolve("etc/kubernetes"))).isEqualTo(before);
    }

    private static Map<Path, String> contents(Path folder) throws IOException {
        Map<Path, String> contents = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                contents.put(file, Files.readString(file));
            }
        }
        return contents;
    }

    /** What is eleven months old has had two thirds of its year. */
    private void everyPairIsReplaced(KubernetesFolder files, Map<String, String> old) {
        Await.until(
                "every pair is a new one",
                LIMIT,
                () -> serials(files).entrySet().stream()
                        .noneMatch(pair -> pair.getValue().equals(old.get(pair.getKey()))));
        for (var name : List.of("admin.conf", "controller-manager.conf", "scheduler.conf", "kubelet.conf")) {
            Await.until(name + " refers to files", LIMIT, () -> {
                String kubeconfig = Files.readString(files.kubeconfig(name));
                return kubeconfig.contains("client-certificate: ") && !kubeconfig.contains("client-certificate-data");
            });
        }
        PAIRS.forEach(pair -> openSsl.verify(files.pki(authorityOf(pair) + ".crt"), files.pki(pair + ".crt"))
                .orFail());
    }

    private static String authorityOf(String pair) {
        return OF_CA.contains(pair) ? "ca" : OF_ETCD_CA.contains(pair) ? "etcd/ca" : "front-proxy-ca";
    }

    private static void hasOnRecord(CertfleetServer server, Map<String, String> serials) {
        serials.forEach((pair, serial) -> assertThat(server.firstOperator()
                        .get("/certificates?cluster=" + CLUSTER + "&serial=" + serial)
                        .expect(200)
                        .path("items"))
                .as("%s of kubeadm, serial %s", pair, serial)
                .hasSize(1));
    }

    // ---- the way out

    private static void isKubeadmsAgain(Kubeadm kubeadm, KubernetesFolder files, Map<String, byte[]> keys)
            throws IOException {
        for (var key : keys.entrySet()) {
            Files.write(files.pki(key.getKey()), key.getValue());
        }
        for (var name : KUBECONFIGS) {
            assertThat(Files.readString(files.kubeconfig(name)).contains("client-certificate-data"))
                    .as(name)
                    .isTrue();
        }
        kubeadm.renewAll().orFail();
        assertThat(kubeadm.checkExpiration().orFail().output())
                .doesNotContain("MISSING")
                .containsPattern("apiserver .* 364d ")
                .containsPattern("scheduler.conf .* 364d ");
    }
}
