package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.ocsp.OcspClient;
import dev.certfleet.pki.ocsp.OcspVerifier;
import dev.certfleet.pki.testing.TestAuthority;
import dev.certfleet.pki.wire.Assignment;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import tools.jackson.jr.ob.JSON;

/** A gate behind its real door, with a server and a responder that do what the test says. */
final class RunningGate implements AutoCloseable {
    final MovableClock clock = new MovableClock();
    final TestAuthority kubernetes = TestAuthority.create("kubernetes", KeyAlgorithm.P256, clock.instant());
    final TestAuthority agents = TestAuthority.create("agents", KeyAlgorithm.P256, clock.instant());
    final FakeServer server = new FakeServer(clock);
    final FakeApiServer apiServer = new FakeApiServer();
    final FakePublisher publisher = new FakePublisher();
    final FakeKiller killer = new FakeKiller();
    final AtomicInteger polls = new AtomicInteger();
    final FakeResponder responder;
    final ServingCertificate serving = new ServingCertificate();

    private final Path stateFile;
    private final HttpClient kubeApiserver;
    private final GateSettings settings;
    private Gate gate;
    private GateServer door;
    private boolean forgotten;

    RunningGate(Path folder) throws IOException {
        this(folder, GateSettings.DEFAULT, true);
    }

    /** @param reachable whether server and responder are, when the gate starts */
    RunningGate(Path folder, GateSettings base, boolean reachable) throws IOException {
        stateFile = folder.resolve("gate").resolve("index.json");
        settings = new GateSettings(
                "127.0.0.1",
                0,
                base.policy(),
                base.staleAfter(),
                base.refreshAfter(),
                base.lookupTime(),
                base.feedWait(),
                Duration.ofMillis(100),
                base.failurePolicy(),
                base.cacheFor(),
                folder.resolve("audit.log"),
                base.apiServer());
        responder = new FakeResponder(kubernetes, clock);
        server.reachable(reachable);
        responder.reachable(reachable);
        newServingCertificate();
        try {
            kubeApiserver = HttpClient.newBuilder().sslContext(trust()).build();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        gate = start();
        door = GateServer.start(settings, gate, serving, new SecureRandom());
    }

    X509Certificate newServingCertificate() {
        TestAuthority.Leaf leaf = agents.server("CN=gate", clock.instant());
        serving.use(leaf.key(), List.of(leaf.certificate()));
        return leaf.certificate();
    }

    private Gate start() {
        Assignment assignment = new Assignment(
                "prod",
                "control-plane-1",
                List.of("control-plane"),
                clock.instant().toString(),
                "1",
                null,
                List.of(),
                Map.of("kubernetes", kubernetes.pem(), "clients", kubernetes.pem()),
                Map.of("kubernetes", responder.uri().toString()),
                Map.of(),
                null);
        Issuers issuers = Issuers.of(assignment);
        OcspClient ocsp = new OcspClient(
                new OcspVerifier(clock, OcspVerifier.DEFAULT_TOLERANCE), new SecureRandom(), Duration.ofSeconds(2));
        Gate started = new Gate(
                settings,
                stateFile,
                server,
                ocsp,
                () -> issuers,
                Optional.of(node()),
                revocation -> {},
                clock,
                new SecureRandom());
        started.start();
        return started;
    }

    private GateNode node() {
        return new GateNode(
                apiServer,
                () -> OptionalInt.of(6443),
                publisher,
                settings.auditLog(),
                killer,
                () -> polls.incrementAndGet());
    }

    /** Another process with the same state folder. */
    void restart() throws IOException {
        door.close();
        gate.close();
        if (forgotten) {
            Files.deleteIfExists(stateFile);
        }
        gate = start();
        door = GateServer.start(settings, gate, serving, new SecureRandom());
    }

    /** What the disk held is gone. */
    void forget() {
        forgotten = true;
    }

    GateState state() {
        return gate.state();
    }

    int port() {
        return door.port();
    }

    Path stateFile() {
        return stateFile;
    }

    GateSettings settings() {
        return settings;
    }

    Gate gate() {
        return gate;
    }

    X509Certificate issue(String name) {
        X509Certificate certificate = client(name);
        server.issued(certificate);
        return certificate;
    }

    /** A certificate that nobody wrote down. */
    X509Certificate client(String name) {
        return kubernetes.client("CN=" + name, clock.instant()).certificate();
    }

    /** kube-apiserver writes that someone with this certificate called. */
    void audit(X509Certificate certificate, String user, String address) throws IOException {
        Files.writeString(
                settings.auditLog(),
                """
                {"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"1","stage":"ResponseComplete",\
                "requestURI":"/api/v1/pods","verb":"list","user":{"username":"%s","groups":["system:authenticated"],\
                "extra":{"authentication.kubernetes.io/credential-id":["X509SHA256=%s"]}},"sourceIPs":["%s"],\
                "userAgent":"kubectl","responseStatus":{"code":200}}
                """.formatted(user, Certificates.fingerprint(certificate), address),
                CREATE,
                APPEND);
    }

    /** What kube-apiserver asks when someone with this certificate lists pods. */
    Answer ask(X509Certificate certificate) throws Exception {
        return review("X509SHA256=" + Certificates.fingerprint(certificate));
    }

    Answer review(String... credentialIds) throws Exception {
        String ids = JSON.std.asString(List.of(credentialIds));
        return Answer.of(post("""
                {"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},
                 "spec":{"resourceAttributes":{"namespace":"default","verb":"list","version":"v1","resource":"pods"},
                 "user":"alice","groups":["system:authenticated"],
                 "extra":{"authentication.kubernetes.io/credential-id":%s}}}
                """.replace("%s", ids)));
    }

    HttpResponse<String> post(String body) throws Exception {
        return send(HttpRequest.newBuilder(uri("/authorize"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)).GET().build());
    }

    private URI uri(String path) {
        return URI.create("https://127.0.0.1:" + door.port() + path);
    }

    private HttpResponse<String> send(HttpRequest request) throws Exception {
        return kubeApiserver.send(request, HttpResponse.BodyHandlers.ofString(UTF_8));
    }

    SSLContext trust() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("agents", agents.certificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    /** Until the feed was read and every certificate was checked. */
    void awaitReady() throws InterruptedException {
        await(() -> !state().freshStart() && state().feedSequence() == server.sequence() && state().unchecked() == 0);
    }

    static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("it did not come true within 15 seconds");
            }
            Thread.sleep(20);
        }
    }

    void awaitDenied(X509Certificate certificate, boolean denied) throws InterruptedException {
        await(() -> {
            try {
                return ask(certificate).denied() == denied;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    /** The status of the answered review. */
    record Answer(boolean allowed, boolean denied, String reason) {
        static Answer of(HttpResponse<String> response) {
            if (response.statusCode() != 200) {
                throw new AssertionError(response.statusCode() + ": " + response.body());
            }
            Map<String, Object> review = JSON.std.mapFrom(response.body());
            if (!(review.get("status") instanceof Map<?, ?> status)
                    || !"authorization.k8s.io/v1".equals(review.get("apiVersion"))
                    || !"SubjectAccessReview".equals(review.get("kind"))) {
                throw new AssertionError(response.body());
            }
            Object reason = status.get("reason");
            return new Answer(
                    Boolean.TRUE.equals(status.get("allowed")),
                    Boolean.TRUE.equals(status.get("denied")),
                    reason == null ? "" : reason.toString());
        }
    }

    @Override
    public void close() {
        door.close();
        gate.close();
        responder.close();
        kubeApiserver.shutdownNow();
    }
}
