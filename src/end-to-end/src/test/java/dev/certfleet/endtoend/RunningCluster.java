package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** A cluster that lives from certfleet's certificates, and what operators and users do with it. */
record RunningCluster(
        Path folder,
        Binaries binaries,
        OpenSsl openSsl,
        CertfleetServer server,
        Operator operator,
        NodeAgent controlPlane,
        NodeAgent worker,
        KubeApiserver kubeApiserver) {
    private static final String CLUSTER = "prod";

    /** A key made here and a certificate that the operator issues for it. */
    ClientIdentity issue(String profile, String name, Map<String, String> further) throws IOException {
        Path users = Files.createDirectories(folder.resolve("users"));
        Path key = users.resolve(name + ".key");
        Path request = users.resolve(name + ".csr");
        Path certificate = users.resolve(name + ".crt");
        openSsl.run(
                        "req",
                        "-new",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:P-256",
                        "-nodes",
                        "-subj",
                        "/",
                        "-keyout",
                        key,
                        "-out",
                        request)
                .orFail();
        Map<String, String> body = new HashMap<>(further);
        body.put("profile", profile);
        body.put("csr", Files.readString(request));
        JsonNode issued =
                operator.post("/clusters/" + CLUSTER + "/certificates", body).expect(201);
        Files.writeString(certificate, issued.path("certificate").asString());
        return identity(name);
    }

    ClientIdentity identity(String name) {
        Path users = folder.resolve("users");
        return new ClientIdentity(authority(), users.resolve(name + ".crt"), users.resolve(name + ".key"));
    }

    /** A copy of a node's pair as it is now: what somebody who took it has. */
    ClientIdentity saved(NodeAgent node, String name) throws IOException {
        Path users = Files.createDirectories(folder.resolve("users"));
        for (String ending : new String[] {".crt", ".key"}) {
            Files.copy(
                    node.files().pki(name + ending), users.resolve(name + ending), StandardCopyOption.REPLACE_EXISTING);
        }
        return identity(name);
    }

    Kubectl kubectl(ClientIdentity identity) {
        String name = identity.certificate().getFileName().toString().replace(".crt", ".conf");
        return Kubectl.as(binaries, folder.resolve("users").resolve(name), kubeApiserver.url(), identity);
    }

    /** The cluster's Kubernetes authority, as published. */
    Path authority() {
        return controlPlane.files().pki("ca.crt");
    }

    String servedSerial() {
        return openSsl.servedSerial(kubeApiserver.address(), KubeApiserver.PORT, authority());
    }

    String fingerprint(Path certificate) {
        return openSsl.run("x509", "-in", certificate, "-noout", "-fingerprint", "-sha256")
                .orFail()
                .stdout()
                .strip()
                .replaceAll("^.*=", "")
                .replace(":", "")
                .toLowerCase(java.util.Locale.ROOT);
    }

    OpenSsl.OcspAnswer ocsp(Path certificate) {
        return openSsl.ocsp(server.statusUrl().resolve("/ocsp"), authority(), certificate);
    }

    /** The CRL, fetched from where the certificate says it is, once it lists the certificate. */
    Path crlWith(Path certificate) {
        Path crl = folder.resolve("users/kubernetes.crl");
        String serial = openSsl.serialOf(certificate);
        URI url = URI.create(openSsl.text(certificate)
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("URI:http") && line.endsWith(".crl"))
                .findFirst()
                .orElseThrow()
                .substring("URI:".length()));
        Await.until("the CRL lists " + serial, Duration.ofSeconds(10), () -> {
            try (InputStream body = url.toURL().openStream()) {
                Files.copy(body, crl, StandardCopyOption.REPLACE_EXISTING);
            }
            return openSsl.run("crl", "-inform", "DER", "-in", crl, "-noout", "-text")
                    .orFail()
                    .stdout()
                    .toLowerCase(java.util.Locale.ROOT)
                    .contains(serial.toLowerCase(java.util.Locale.ROOT));
        });
        return crl;
    }
}
