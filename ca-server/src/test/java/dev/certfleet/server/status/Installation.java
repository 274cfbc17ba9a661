package dev.certfleet.server.status;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.AdjustableClock;
import dev.certfleet.server.CertfleetServer;
import dev.certfleet.server.TestDatabase;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.CreateCluster;
import dev.certfleet.server.installation.Foundation;
import dev.certfleet.server.issuance.Issuance;
import dev.certfleet.server.issuance.IssueCertificate;
import dev.certfleet.server.issuance.Order;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.RevocationRecord;
import dev.certfleet.server.revocation.RevokeCertificate;
import dev.certfleet.server.x509.CertificationRequest;
import dev.certfleet.server.x509.ClusterFacts;
import dev.certfleet.server.x509.Holder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;

/** A running server with a cluster, for tests that look at it from outside. */
final class Installation implements AutoCloseable {
    static final String CLUSTER = "prod";

    final AdjustableClock clock;
    final ConfigurableApplicationContext context;
    final Path folder;

    private Installation(AdjustableClock clock, Path folder, ConfigurableApplicationContext context) {
        this.clock = clock;
        this.folder = folder;
        this.context = context;
    }

    private static @Nullable Installation shared;

    /** One for all tests that leave time and database alone. */
    static synchronized Installation shared() {
        Installation running = shared;
        if (running == null) {
            try {
                running =
                        start(TestDatabase.create(), Files.createTempDirectory("certfleet-status"), KeyAlgorithm.P256);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            shared = running;
        }
        return running;
    }

    /** A server with the one cluster. */
    static Installation start(TestDatabase database, Path folder, KeyAlgorithm algorithm) {
        return start(database, folder, algorithm, 1);
    }

    /** A server with the one cluster, whose CRLs are in shards. */
    static Installation start(TestDatabase database, Path folder, KeyAlgorithm algorithm, int crlShards) {
        Installation installation = startServer(database, new AdjustableClock(), folder, null);
        var _ = installation
                .bean(CreateCluster.class)
                .create(
                        new ClusterFacts(CLUSTER, "cluster.local", List.of("10.96.0.0/12"), null, List.of(), algorithm),
                        "http://localhost:" + installation.port(),
                        crlShards,
                        "test")
                .orElseThrow();
        return installation;
    }

    /** A server on a database that may hold the cluster already. */
    static Installation startServer(
            TestDatabase database, AdjustableClock clock, Path folder, @Nullable Path sealingKey, String... more) {
        SpringApplication application = new SpringApplication(CertfleetServer.class);
        List<ApplicationContextInitializer<?>> initializers = new ArrayList<>();
        initializers.add(context -> context.getBeanFactory().registerSingleton("clock", clock));
        initializers.add(new Foundation());
        application.setInitializers(initializers);
        List<String> arguments = new ArrayList<>(List.of(
                "--certfleet.data=" + folder.resolve("data"),
                "--certfleet.database.url=" + database.url(),
                "--certfleet.database.username=" + database.username(),
                "--certfleet.api=127.0.0.1:0",
                "--certfleet.status=127.0.0.1:0",
                "--certfleet.management=127.0.0.1:0",
                "--spring.datasource.hikari.connection-timeout=1000",
                "--spring.main.banner-mode=off"));
        if (sealingKey != null) {
            arguments.add("--certfleet.sealing-key-file=" + sealingKey);
        }
        arguments.addAll(List.of(more));
        return new Installation(clock, folder, application.run(arguments.toArray(String[]::new)));
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    int port() {
        return bean(StatusServer.class).port();
    }

    Path sealingKey() {
        return folder.resolve("data/sealing.key");
    }

    Authority authority(AuthorityKind kind) {
        return bean(Authorities.class).active(CLUSTER, kind).orElseThrow();
    }

    /** Issues a certificate by the cluster's authority {@code kubernetes}. */
    CertificateRecord issue() {
        return issue(ProfileName.KUBERNETES_ADMIN, "O=kubeadm:cluster-admins,CN=kubernetes-admin", null);
    }

    CertificateRecord issue(ProfileName profile, String subject, @Nullable Duration lifetime) {
        Holder holder = new Holder.ClusterUser(bean(dev.certfleet.server.authority.Clusters.class)
                .named(CLUSTER)
                .orElseThrow()
                .facts());
        String id = UUID.randomUUID().toString();
        CertificationRequest request = (CertificationRequest) CertificationRequest.parse(csr(subject));
        Issuance issuance = bean(IssueCertificate.class)
                .issue(new Order(profile, holder, request, lifetime, "test", id, sha256(id)));
        if (issuance instanceof Issuance.Issued issued) {
            return issued.certificate();
        }
        throw new AssertionError("not issued: " + issuance);
    }

    RevocationRecord revoke(CertificateRecord certificate, RevocationReason reason) {
        return revoke(certificate, reason, null);
    }

    RevocationRecord revoke(CertificateRecord certificate, RevocationReason reason, @Nullable Instant invalidityDate) {
        return bean(RevokeCertificate.class).revoke(certificate, reason, invalidityDate, null, "test");
    }

    HttpResponse<byte[]> get(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port() + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.GET());
    }

    HttpResponse<byte[]> post(String path, String contentType, byte[] body) {
        return send(HttpRequest.newBuilder(URI.create("http://localhost:" + port() + path))
                .header("Content-Type", contentType)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    HttpResponse<byte[]> send(HttpRequest.Builder request) {
        // A connection of its own each: after a refusal with an unread body the server closes it.
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Writes a certificate where the openssl program can read it. */
    Path pem(String name, byte[] certificate) {
        try {
            return Files.writeString(
                    folder.resolve(name + ".pem"),
                    "-----BEGIN CERTIFICATE-----\n"
                            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate)
                            + "\n-----END CERTIFICATE-----\n");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Runs openssl in the test's folder. */
    String openssl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return output;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static byte[] csr(String subject) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            return new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), pair.getPublic())
                    .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()))
                    .getEncoded();
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
