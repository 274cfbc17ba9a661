package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Machines that prove themselves: by a TPM (swtpm with libtpms, spoken to by tpm2-tools), and by an identity document that
 * OpenSSL signed and a metadata server gives. The agent is the real one, and so is the server.
 */
class MachineEnrolmentIT {
    private static final String ADDRESS = "127.0.88.1";
    private static final Path PROGRAM =
            Path.of("../../ca-agent/target/image/bin/ca-agent").toAbsolutePath().normalize();

    private final Path folder = WorkFolder.of(MachineEnrolmentIT.class);

    @Test
    void machinesEnrolByWhatTheyAre() throws Exception {
        try (var server = CertfleetServer.start(folder.resolve("server"), ADDRESS, folder.resolve("server.log"));
                var tpm = SoftwareTpm.start(Files.createDirectories(folder.resolve("tpm")));
                var other = SoftwareTpm.start(Files.createDirectories(folder.resolve("other-tpm")))) {
            Operator operator = server.firstOperator();
            operator.post("/clusters", Map.of("name", "prod")).expect(201);
            enrolsByAnAdmittedTpm(server, operator, tpm, other);
            enrolsByAnEllipticKey(server, operator, other);
            enrolsByTheMakersWord(server, operator);
            enrolsByAnIdentityDocument(server, operator);
        }
    }

    private void enrolsByAnAdmittedTpm(CertfleetServer server, Operator operator, SoftwareTpm tpm, SoftwareTpm other)
            throws IOException {
        Path node = node(server, "worker-1", "192.0.2.1", "cluster: prod, tpm: {tcti: \"" + tpm.tcti() + "\"}");
        Command.Result before = agent(node, "enrol");
        String fingerprint = tpm.fingerprint(folder, "rsa");
        assertThat(before.exit()).isEqualTo(5);
        assertThat(before.stderr()).contains("tpm-not-admitted", "sha256:" + fingerprint);

        admit(operator, Map.of("ekFingerprint", fingerprint));
        assertThat(agent(node, "enrol").orFail().stdout()).startsWith("enrolled as worker-1 in cluster prod");

        String identity = Files.readString(node.resolve("state/identity/identity.pem"));
        assertThat(identity).startsWith("-----BEGIN CERTFLEET SEALED KEY-----").doesNotContain("PRIVATE KEY");
        assertThat(agent(node, "doctor").output()).contains("the server answers and knows this node");

        Path second = node(server, "worker-2", "192.0.2.2", "cluster: prod, tpm: {tcti: \"" + tpm.tcti() + "\"}");
        assertThat(agent(second, "enrol").stderr()).contains("machine-taken");

        // The disk in another machine
        Path settings = node.resolve("agent.yaml");
        Files.writeString(settings, Files.readString(settings).replace(tpm.tcti(), other.tcti()));
        assertThat(agent(node, "doctor").output()).contains("TPM does not open this node's identity key");
        Files.writeString(settings, Files.readString(settings).replace(other.tcti(), tpm.tcti()));
        assertThat(agent(node, "doctor").output()).contains("the server answers and knows this node");
    }

    private void enrolsByAnEllipticKey(CertfleetServer server, Operator operator, SoftwareTpm tpm) throws IOException {
        admit(operator, Map.of("ekFingerprint", tpm.fingerprint(folder, "ecc")));
        Path node = node(
                server,
                "worker-3",
                "192.0.2.3",
                "cluster: prod, tpm: {tcti: \"" + tpm.tcti() + "\", endorsementKey: ecc}");

        assertThat(agent(node, "enrol").orFail().stdout()).startsWith("enrolled as worker-3");
    }

    private void enrolsByTheMakersWord(CertfleetServer server, Operator operator) throws IOException {
        try (var tpm = SoftwareTpm.start(Files.createDirectories(folder.resolve("certified-tpm")));
                var stranger = SoftwareTpm.start(Files.createDirectories(folder.resolve("strange-tpm")))) {
            admit(operator, Map.of("ekAuthority", Files.readString(tpm.authority())));
            Path node = node(server, "worker-4", "192.0.2.4", "cluster: prod, tpm: {tcti: \"" + tpm.tcti() + "\"}");
            Path another =
                    node(server, "worker-5", "192.0.2.5", "cluster: prod, tpm: {tcti: \"" + stranger.tcti() + "\"}");

            assertThat(agent(node, "enrol").orFail().stdout()).startsWith("enrolled as worker-4");
            assertThat(agent(another, "enrol").stderr()).contains("tpm-not-admitted");
        }
    }

    private void enrolsByAnIdentityDocument(CertfleetServer server, Operator operator) throws IOException {
        Path key = folder.resolve("issuer.key");
        Command.of(
                        "openssl",
                        "genpkey",
                        "-algorithm",
                        "RSA",
                        "-pkeyopt",
                        "rsa_keygen_bits:2048",
                        "-out",
                        key.toString())
                .run()
                .orFail();
        String modulus = Command.of("openssl", "rsa", "-in", key.toString(), "-noout", "-modulus")
                .run()
                .orFail()
                .stdout()
                .strip()
                .replace("Modulus=", "");
        String audience = "https://ca.example.org/prod";
        operator.post(
                        "/clusters/prod/document-issuers",
                        Map.of(
                                "name", "cloud",
                                "issuer", "https://accounts.google.com",
                                "jwks",
                                        Map.of(
                                                "keys",
                                                List.of(Map.of(
                                                        "kty",
                                                        "RSA",
                                                        "n",
                                                        base64(HexFormat.of().parseHex(modulus)),
                                                        "e",
                                                        "AQAB"))),
                                "audience", audience,
                                "nonceClaim", "aud",
                                "nodeNameClaim", "/google/compute_engine/instance_name",
                                "instanceClaim", "/google/compute_engine/instance_id",
                                "roles", List.of("worker"),
                                "constraints", Map.of("/google/compute_engine/project_id", List.of("ours"))))
                .expect(201);
        HttpServer metadata = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        metadata.createContext("/computeMetadata/v1/instance/service-accounts/default/identity", exchange -> {
            boolean good = "Google".equals(exchange.getRequestHeaders().getFirst("Metadata-Flavor"));
            String asked = exchange.getRequestURI().getRawQuery().replaceAll(".*audience=([^&]*).*", "$1");
            byte[] body = document(key, URLDecoder.decode(asked, StandardCharsets.UTF_8))
                    .getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(good ? 200 : 403, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        metadata.start();
        try {
            String url = "http://127.0.0.1:" + metadata.getAddress().getPort()
                    + "/computeMetadata/v1/instance/service-accounts/default/identity?audience=" + audience
                    + "%23{nonce}&format=full";
            String enrolment = "cluster: prod, document: {url: \"" + url + "\", headers: {Metadata-Flavor: Google}}";

            Path other = node(server, "vm-2", "192.0.2.12", enrolment);
            assertThat(agent(other, "enrol").stderr()).contains("node-name-not-granted");
            assertThat(agent(node(server, "vm-1", "192.0.2.11", enrolment), "enrol")
                            .orFail()
                            .stdout())
                    .startsWith("enrolled as vm-1 in cluster prod");
            assertThat(agent(other, "enrol").stderr()).contains("machine-taken");
        } finally {
            metadata.stop(0);
        }
    }

    /** As Google Compute Engine's metadata server makes it. */
    private String document(Path key, String audience) throws IOException {
        long now =
                Long.parseLong(Command.of("date", "+%s").run().orFail().stdout().strip());
        String claims = "{\"aud\":\"" + audience + "\",\"exp\":" + (now + 3600) + ",\"google\":{\"compute_engine\":"
                + "{\"instance_id\":\"7\",\"instance_name\":\"vm-1\",\"project_id\":\"ours\"}},\"iat\":" + now
                + ",\"iss\":\"https://accounts.google.com\",\"sub\":\"1034\"}";
        String signed = base64("{\"alg\":\"RS256\"}".getBytes(StandardCharsets.US_ASCII)) + "."
                + base64(claims.getBytes(StandardCharsets.US_ASCII));
        Path input = Files.writeString(folder.resolve("document"), signed);
        Path signature = folder.resolve("document.sig");
        Command.of(
                        "openssl",
                        "dgst",
                        "-sha256",
                        "-sign",
                        key.toString(),
                        "-out",
                        signature.toString(),
                        input.toString())
                .run()
                .orFail();
        return signed + "." + base64(Files.readAllBytes(signature));
    }

    private static String base64(byte[] octets) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
    }

    private static void admit(Operator operator, Map<String, String> who) {
        var body = new java.util.HashMap<String, Object>(who);
        body.put("nodeNamePattern", "worker-*");
        body.put("roles", List.of("worker"));
        operator.post("/clusters/prod/tpm-admissions", body).expect(201);
    }

    /** A machine's disk with the agent's settings. */
    private Path node(CertfleetServer server, String name, String address, String enrolment) throws IOException {
        Path disk = Files.createDirectories(folder.resolve(name));
        String authority = Command.of(
                        "sh", "-c", "openssl x509 -in '" + server.authority() + "' -outform DER | sha256sum")
                .run()
                .orFail()
                .stdout()
                .substring(0, 64);
        Files.writeString(disk.resolve("agent.yaml"), """
                server: {addresses: [%s], caFingerprint: sha256:%s}
                enrolment: {%s}
                node: {name: %s, addresses: [%s]}
                paths: {kubernetes: %s, state: %s}
                control: {metrics: off}
                """.formatted(
                server.url(), authority, enrolment, name, address, disk.resolve("kubernetes"), disk.resolve("state")));
        return disk;
    }

    private static Command.Result agent(Path disk, String command) {
        return Command.of(
                        PROGRAM.toString(),
                        command,
                        "--settings",
                        disk.resolve("agent.yaml").toString())
                .run();
    }
}
