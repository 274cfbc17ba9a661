package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * TLS bootstrapping at a real kube-apiserver: a real kubelet gets its client and its serving certificate by
 * CertificateSigningRequests that the agent answers, people get theirs, and what was revoked is refused.
 */
class CsrSignerIT {
    private static final Path MANIFEST = Path.of("../../deploy/kubernetes/csr-signer.yaml");
    private static final Duration ANSWERED = Duration.ofSeconds(30);
    private static final String NODES = "/O=system:nodes/CN=system:node:worker-1";
    private static final String TOKEN = """
            apiVersion: v1
            kind: Secret
            metadata: {name: bootstrap-token-abcdef, namespace: kube-system}
            type: bootstrap.kubernetes.io/token
            stringData:
              token-id: abcdef
              token-secret: 0123456789abcdef
              usage-bootstrap-authentication: "true"
            """;

    private final Path folder = WorkFolder.of(CsrSignerIT.class);
    private final Binaries binaries = Binaries.find();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void kubeletsAndPeopleGetTheirCertificatesByCertificateSigningRequests() throws IOException {
        try (var cluster = RunningCluster.start(folder);
                var runtime = Containerd.start(cluster.worker().node(), folder.resolve("containerd"))) {
            cluster.bindAdminsByBreakGlass();
            var admin = new Kubectl(
                    binaries,
                    cluster.controlPlane().node(),
                    cluster.controlPlane().files().kubeconfig("admin.conf"));
            admin.apply(Files.readString(MANIFEST)).orFail();
            admin.apply(TOKEN).orFail();
            admin.run(
                            "create",
                            "clusterrolebinding",
                            "bootstrap",
                            "--clusterrole=system:node-bootstrapper",
                            "--group=system:bootstrappers")
                    .orFail();
            answersWhatThePolicyNames(cluster);
            var bootstrap = bootstrapKubeconfig(cluster);
            try (var kubelet =
                    Kubelet.bootstrap(binaries, cluster.worker(), runtime, bootstrap, folder.resolve("kubelet"))) {
                bootstrapsAKubelet(cluster, admin, kubelet);
                givesTheTokenNoSecondCertificate(admin, bootstrap);
                deniesWhatIsNotOnRecord(cluster, admin);
                signsForPeople(cluster, admin);
                refusesARevokedKubelet(cluster);
            }
        }
    }

    private static void answersWhatThePolicyNames(RunningCluster cluster) {
        cluster.operator()
                .patch(
                        "/clusters/" + RunningCluster.CLUSTER + "/csr-policy",
                        Map.of(
                                "signers",
                                List.of(
                                        "kubernetes.io/kube-apiserver-client-kubelet",
                                        "kubernetes.io/kubelet-serving",
                                        "kubernetes.io/kube-apiserver-client",
                                        "certfleet.dev/kube-apiserver-client"),
                                "userGroups",
                                List.of("kubeadm:cluster-admins")))
                .expect(200);
        cluster.controlPlane().awaitPublished("certfleet/csr-signer/csr-signer.crt");
    }

    private Path bootstrapKubeconfig(RunningCluster cluster) throws IOException {
        return Files.writeString(folder.resolve("bootstrap.conf"), """
                apiVersion: v1
                kind: Config
                clusters:
                - name: cluster
                  cluster: {server: "%s", certificate-authority: "%s"}
                users:
                - name: user
                  user: {token: abcdef.0123456789abcdef}
                contexts:
                - name: context
                  context: {cluster: cluster, user: user}
                current-context: context
                """.formatted(
                        cluster.kubeApiserver().url(), cluster.authority()));
    }

    private void bootstrapsAKubelet(RunningCluster cluster, Kubectl admin, Kubelet kubelet) {
        Await.until(
                "the node has registered with its own certificate",
                ANSWERED,
                () -> admin.run("get", "node", "worker-1").succeeded());
        Await.until(
                "the kubelet has its serving certificate",
                ANSWERED,
                () -> Files.exists(folder.resolve("kubelet/kubelet-server-current.pem")));
        assertThat(openSsl.text(folder.resolve("kubelet/kubelet-client-current.pem")))
                .contains("O = system:nodes, CN = system:node:worker-1", "TLS Web Client Authentication");
        Await.until(
                "the kubelet serves it",
                ANSWERED,
                () -> openSsl.servedSerial(kubelet.address(), Kubelet.PORT, cluster.authority())
                        .equalsIgnoreCase(openSsl.serialOf(folder.resolve("kubelet/kubelet-server-current.pem"))));
        assertThat(onRecord(cluster, "csr-kubelet-client", folder.resolve("kubelet/kubelet-client-current.pem")))
                .isEqualTo("good");
        assertThat(onRecord(cluster, "csr-kubelet-serving", folder.resolve("kubelet/kubelet-server-current.pem")))
                .isEqualTo("good");
        assertThat(admin.run("get", "csr").orFail().stdout())
                .contains("system:bootstrap:abcdef", "system:node:worker-1", "Approved,Issued")
                .doesNotContain("Pending", "Denied");
    }

    /** Its status; the certificate's fingerprint is its id. */
    private static String onRecord(RunningCluster cluster, String profile, Path certificate) {
        JsonNode record = cluster.operator()
                .get("/certificates/" + cluster.fingerprint(certificate))
                .expect(200);
        assertThat(record.path("profile").asString()).isEqualTo(profile);
        assertThat(record.path("node").asString()).isEqualTo("worker-1");
        return record.path("status").asString();
    }

    private void givesTheTokenNoSecondCertificate(Kubectl admin, Path bootstrap) throws IOException {
        var thief = new Kubectl(binaries, Place.THIS_MACHINE, bootstrap);
        create(thief, "thief", NODES, "kubernetes.io/kube-apiserver-client-kubelet", "client auth");
        create(admin, "probe", "/CN=nobody", "kubernetes.io/kubelet-serving", "server auth");
        // The answer to the later one shows that the earlier was looked at.
        awaitCondition(admin, "probe", "Denied");
        assertThat(conditions(admin, "thief")).isEmpty();
        assertThat(certificate(admin, "thief")).isEmpty();
    }

    private void deniesWhatIsNotOnRecord(RunningCluster cluster, Kubectl admin) throws IOException {
        var node = cluster.kubectl(cluster.saved(cluster.worker(), "kubelet-client"));
        create(
                node,
                "foreign-name",
                NODES,
                "kubernetes.io/kubelet-serving",
                "server auth",
                "-addext",
                "subjectAltName=DNS:kubernetes.default.svc");
        awaitCondition(admin, "foreign-name", "Denied");
        assertThat(admin.run("get", "csr", "foreign-name", "--output=jsonpath={.status.conditions[0].message}")
                        .stdout())
                .contains("reserved-name", "kubernetes.default.svc");
        assertThat(certificate(admin, "foreign-name")).isEmpty();
    }

    private void signsForPeople(RunningCluster cluster, Kubectl admin) throws IOException {
        create(admin, "jane", "/CN=jane", "kubernetes.io/kube-apiserver-client", "client auth");
        create(
                admin,
                "own",
                "/O=kubeadm:cluster-admins/CN=kubernetes-admin",
                "certfleet.dev/kube-apiserver-client",
                "client auth");
        ClientIdentity own = issued(cluster, admin, "own");
        assertThat(cluster.kubectl(own).run("get", "nodes").orFail().stdout()).contains("worker-1");
        assertThat(conditions(admin, "jane")).as("nobody approved it").isEmpty();

        admin.run("certificate", "approve", "jane").orFail();
        ClientIdentity jane = issued(cluster, admin, "jane");
        assertThat(cluster.kubectl(jane).run("auth", "whoami").orFail().stdout())
                .contains("jane");

        cluster.operator().revoke(cluster.fingerprint(own.certificate()), "cessationOfOperation");
        Await.until(
                "kube-apiserver refuses what was revoked",
                Duration.ofSeconds(10),
                () -> cluster.kubectl(own).run("get", "nodes").stderr().contains("revoked"));
        assertThat(cluster.kubectl(jane).run("auth", "whoami").succeeded()).isTrue();
    }

    private void refusesARevokedKubelet(RunningCluster cluster) {
        Path pair = folder.resolve("kubelet/kubelet-client-current.pem");
        assertThat(asks(cluster, pair)).contains("\"kind\": \"Node\"");
        cluster.operator().revoke(cluster.fingerprint(pair), "keyCompromise");
        Await.until(
                "the kubelet is refused",
                Duration.ofSeconds(10),
                () -> asks(cluster, pair).contains("revoked"));
        assertThat(onRecord(cluster, "csr-kubelet-client", pair)).isEqualTo("revoked");
    }

    private static String asks(RunningCluster cluster, Path pair) {
        return Command.of(
                        "curl",
                        "--silent",
                        "--cacert",
                        cluster.authority().toString(),
                        "--cert",
                        pair.toString(),
                        "--key",
                        pair.toString(),
                        cluster.kubeApiserver().url() + "/api/v1/nodes/worker-1")
                .run()
                .orFail()
                .stdout();
    }

    private void create(Kubectl by, String name, String subject, String signer, String usage, String... further)
            throws IOException {
        Path users = Files.createDirectories(folder.resolve("users"));
        openSsl.run(Command.concat(
                                List.of(
                                        "req",
                                        "-new",
                                        "-newkey",
                                        "ec",
                                        "-pkeyopt",
                                        "ec_paramgen_curve:P-256",
                                        "-nodes",
                                        "-subj",
                                        subject,
                                        "-keyout",
                                        users.resolve(name + ".key").toString(),
                                        "-out",
                                        users.resolve(name + ".csr").toString()),
                                List.of(further))
                        .toArray())
                .orFail();
        // `create`, as bootstrappers may not read what they made.
        by.create("""
                        apiVersion: certificates.k8s.io/v1
                        kind: CertificateSigningRequest
                        metadata: {name: %s}
                        spec:
                          signerName: %s
                          usages: ["digital signature", "%s"]
                          request: %s
                        """.formatted(
                                name,
                                signer,
                                usage,
                                Base64.getEncoder().encodeToString(Files.readAllBytes(users.resolve(name + ".csr")))))
                .orFail();
    }

    private ClientIdentity issued(RunningCluster cluster, Kubectl admin, String name) throws IOException {
        Await.until(
                name + " has a certificate",
                ANSWERED,
                () -> !certificate(admin, name).isEmpty());
        Files.write(
                folder.resolve("users").resolve(name + ".crt"),
                Base64.getDecoder().decode(certificate(admin, name)));
        return cluster.identity(name);
    }

    private static String certificate(Kubectl admin, String name) {
        return admin.run("get", "csr", name, "--output=jsonpath={.status.certificate}")
                .orFail()
                .stdout();
    }

    private static String conditions(Kubectl admin, String name) {
        return admin.run("get", "csr", name, "--output=jsonpath={.status.conditions[*].type}")
                .orFail()
                .stdout();
    }

    private static void awaitCondition(Kubectl admin, String name, String condition) {
        Await.until(
                name + " is " + condition,
                ANSWERED,
                () -> conditions(admin, name).equals(condition));
    }
}
