package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A server on a loopback address, with clusters whose certificates are asked about: no node, no Kubernetes. One serves all
 * the tests of a run, which differ in their clusters' names, and ends with it.
 */
final class StatusWorld {
    /** Nobody else's, so that the ports on it are free. */
    static final String ADDRESS = "127.18.1.1";

    private static @Nullable StatusWorld running;

    private final Path folder = WorkFolder.of(StatusWorld.class);
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);
    private final CertfleetServer server;
    private final Operator operator;

    private StatusWorld() {
        this.server = CertfleetServer.start(folder.resolve("server"), ADDRESS, folder.resolve("server.log"));
        this.operator = server.firstOperator();
    }

    /** The one of this run; started by whoever asks first. */
    static synchronized StatusWorld get() {
        if (running == null) {
            StatusWorld started = new StatusWorld();
            Runtime.getRuntime().addShutdownHook(new Thread(started.server::close));
            running = started;
        }
        return running;
    }

    URI ocsp() {
        return server.statusUrl().resolve("/ocsp");
    }

    /** A cluster, and the certificate of its Kubernetes authority in PEM. */
    Path cluster(String name, String keyAlgorithm) {
        operator.post(
                        "/clusters",
                        Map.of(
                                "name",
                                name,
                                "keyAlgorithm",
                                keyAlgorithm,
                                "statusUrl",
                                server.statusUrl().toString()))
                .expect(201);
        Path authority = folder.resolve(name + ".authority.crt");
        Path der = fetch("/ca/" + name + "-kubernetes-1.crt", folder.resolve(name + ".authority.der"));
        openSsl.run("x509", "-inform", "DER", "-in", der, "-out", authority).orFail();
        return authority;
    }

    /** A client certificate of a cluster, and its key. */
    ClientIdentity client(String cluster, String name) {
        Path key = folder.resolve(cluster + "-" + name + ".key");
        Path request = folder.resolve(cluster + "-" + name + ".csr");
        Path certificate = folder.resolve(cluster + "-" + name + ".crt");
        openSsl.run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
                .orFail();
        openSsl.run("req", "-new", "-key", key, "-subj", "/", "-out", request).orFail();
        try {
            Map<String, String> body = Map.of("profile", "kubernetes-admin", "csr", Files.readString(request));
            String issued = operator.post("/clusters/" + cluster + "/certificates", body)
                    .expect(201)
                    .path("certificate")
                    .asString();
            Files.writeString(certificate, issued);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new ClientIdentity(folder.resolve(cluster + ".authority.crt"), certificate, key);
    }

    /** The answer comes after the commit; OCSP may take another moment, and this waits for it. */
    void revoke(ClientIdentity client, String reason, Map<String, String> further) {
        Map<String, String> body = new HashMap<>(further);
        body.put("certificate", fingerprint(client));
        body.put("reason", reason);
        operator.post("/revocations", body).expect(201);
        Await.until(
                "OCSP says revoked of " + client.certificate(),
                Duration.ofSeconds(10),
                () -> openSsl.ocsp(ocsp(), client.authority(), client.certificate())
                        .status()
                        .equals("revoked"));
    }

    private String fingerprint(ClientIdentity client) {
        return openSsl.run("x509", "-in", client.certificate(), "-noout", "-fingerprint", "-sha256")
                .orFail()
                .stdout()
                .strip()
                .replaceAll("^.*=", "")
                .replace(":", "")
                .toLowerCase(Locale.ROOT);
    }

    /** The CRL in PEM, fetched from where the certificate says, once it lists the certificate. */
    Path crlWith(ClientIdentity client) {
        String serial = openSsl.serialOf(client.certificate());
        String path = openSsl.text(client.certificate())
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("URI:http") && line.contains("/crl/"))
                .map(line -> URI.create(line.substring("URI:".length())).getRawPath())
                .findFirst()
                .orElseThrow();
        Path der = folder.resolve(client.certificate().getFileName() + ".crl.der");
        Path pem = folder.resolve(client.certificate().getFileName() + ".crl");
        Await.until("the CRL lists " + serial, Duration.ofSeconds(20), () -> {
            fetch(path, der);
            return openSsl.run("crl", "-inform", "DER", "-in", der, "-noout", "-text")
                    .orFail()
                    .stdout()
                    .toLowerCase(Locale.ROOT)
                    .contains("serial number: " + serial);
        });
        openSsl.run("crl", "-inform", "DER", "-in", der, "-out", pem).orFail();
        return pem;
    }

    private Path fetch(String path, Path file) {
        try (InputStream body = server.statusUrl().resolve(path).toURL().openStream()) {
            Files.copy(body, file, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
