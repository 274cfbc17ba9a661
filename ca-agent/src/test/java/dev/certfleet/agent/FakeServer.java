package dev.certfleet.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.AdoptionRequest;
import dev.certfleet.pki.wire.AdoptionResult;
import dev.certfleet.pki.wire.AssignedCertificate;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.CertificateRequest;
import dev.certfleet.pki.wire.ComebackChallengeRequest;
import dev.certfleet.pki.wire.ComebackRequest;
import dev.certfleet.pki.wire.CsrDecision;
import dev.certfleet.pki.wire.CsrReview;
import dev.certfleet.pki.wire.EnrolmentRequest;
import dev.certfleet.pki.wire.EnrolmentResponse;
import dev.certfleet.pki.wire.FeedPage;
import dev.certfleet.pki.wire.InstanceDocument;
import dev.certfleet.pki.wire.IssuedCertificate;
import dev.certfleet.pki.wire.NodeReport;
import dev.certfleet.pki.wire.Problem;
import dev.certfleet.pki.wire.RenewalRequest;
import dev.certfleet.pki.wire.RestartLease;
import dev.certfleet.pki.wire.RestartLeaseRequest;
import dev.certfleet.pki.wire.RestartOutcome;
import dev.certfleet.pki.wire.ServiceAccountKeyOrder;
import dev.certfleet.pki.wire.ServiceAccountKeyReport;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.jspecify.annotations.Nullable;

/** A certfleet server by hand: real HTTPS with client certificates and the messages of the contract, everything else in memory. */
final class FakeServer implements AutoCloseable {
    static final String TOKEN = "cft_0123456789abcdefghijklmnopqrstuv";
    static final String CLUSTER = "prod";

    private final Clock clock;
    private final HttpsServer https;
    private final HttpServer status;
    /** Serials, the canaries' first. */
    final Set<BigInteger> revokedAtEtcd = new LinkedHashSet<>();

    private byte[] crl = new byte[0];
    private Instant crlOf = Instant.EPOCH;
    private int crlEntries;
    private long crlNumber;

    private TestAuthority installation;
    private final SwitchableTls tls = new SwitchableTls();
    private final Map<AuthorityKind, TestAuthority> authorities = new EnumMap<>(AuthorityKind.class);
    private final Map<String, byte[]> answers = new HashMap<>();
    private final Map<String, String> bodies = new HashMap<>();
    private final Set<String> identities = new HashSet<>();
    private final Map<String, ProfileName> profiles = new HashMap<>();
    private final Map<String, String> successors = new HashMap<>();
    private final Map<String, String> keys = new HashMap<>();

    final AtomicInteger assignments = new AtomicInteger();
    final List<String> requests = new ArrayList<>();
    final List<String> headers = new ArrayList<>();
    private final List<InstanceDocument> documents = new CopyOnWriteArrayList<>();
    final List<NodeReport> reports = new ArrayList<>();
    final List<ServiceAccountKeyReport> serviceAccountReports = new ArrayList<>();

    @Nullable
    String serviceAccountKey;

    boolean serviceAccountKeyInPlace;
    volatile List<String> roles = List.of("control-plane", "etcd");
    volatile List<String> extraNames = List.of();
    Duration life = Duration.ofDays(30);
    int tokenUses = 1;
    int issued;
    /** How many requests with an Idempotency-Key are told that they are being worked on. */
    int busy;

    /** The server's clock minus the tests'. */
    Duration ahead = Duration.ZERO;

    /** How many comebacks are told to come later. */
    int busyComebacks;

    /** How many answers to a comeback, or to a question for the assignment, are lost. */
    int lostComebacks;

    int lostAssignments;

    /** Whether the answers to renewals are lost. */
    boolean lostCertificates;

    boolean refuseComebacks;
    private final Comebacks comebacks = new Comebacks();
    private final Map<String, X509Certificate> issuedIdentities = new HashMap<>();

    boolean down;
    boolean dropAnswers;
    boolean refuseSameKey;
    /** What was issued before is another node's. */
    boolean renamed;

    @Nullable
    String renewBefore;

    /** Bundles that are not simply the authorities. */
    final Map<String, String> otherBundles = new ConcurrentHashMap<>();

    /** What is answered to a poll, whatever it is; null for an assignment. */
    @Nullable
    String nonsense;

    /** Components for which a lease was given, and how each ended. */
    final List<RestartLeaseRequest> leases = new ArrayList<>();

    final List<RestartOutcome> restarts = new ArrayList<>();
    boolean leaseIsTaken;

    /** Whether the cluster's policy names a signer of CertificateSigningRequests. */
    volatile boolean answersCsrs;

    /** How they are decided. */
    volatile Function<CsrReview, CsrDecision> csrDecisions =
            review -> new CsrDecision("leave", "Test", "not yet", null);

    final List<CsrReview> csrReviews = new CopyOnWriteArrayList<>();

    UnaryOperator<IssuedCertificate> twist = UnaryOperator.identity();
    String nodeName = "";

    FakeServer(Clock clock) throws IOException, GeneralSecurityException {
        this(clock, "localhost");
    }

    FakeServer(Clock clock, String serverName) throws IOException, GeneralSecurityException {
        this.clock = clock;
        this.installation = new TestAuthority("certfleet installation", clock.instant());
        for (AuthorityKind kind : AuthorityKind.values()) {
            authorities.put(kind, new TestAuthority(CLUSTER + " " + kind.label(), clock.instant()));
        }
        authorities.put(AuthorityKind.INSTALLATION, installation);
        https = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        show(serverName, clock.instant(), Duration.ofDays(1000), List.of(installation.certificate()));
        https.setHttpsConfigurator(wantingClients(tls.context()));
        https.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        https.createContext("/", this::serve);
        https.start();
        status = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        status.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        status.createContext("/etcd.crl", this::serveCrl);
        status.start();
    }

    private void serveCrl(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] crl = etcdCrl();
            exchange.sendResponseHeaders(200, crl.length);
            exchange.getResponseBody().write(crl);
        }
    }

    URI address() {
        return URI.create("https://localhost:" + https.getAddress().getPort());
    }

    String fingerprint() {
        return installation.fingerprint();
    }

    TestAuthority installation() {
        return installation;
    }

    TestAuthority authority(AuthorityKind kind) {
        return java.util.Objects.requireNonNull(authorities.get(kind));
    }

    /** From here on another one issues. */
    synchronized void replace(AuthorityKind kind, TestAuthority next) {
        authorities.put(kind, next);
    }

    /** What was sent with an Idempotency-Key. */
    synchronized List<String> bodies() {
        return List.copyOf(bodies.values());
    }

    int count(String request) {
        synchronized (requests) {
            return (int) requests.stream().filter(request::equals).count();
        }
    }

    @Override
    public void close() {
        https.stop(0);
        status.stop(0);
    }

    /** Another TLS certificate from now on, of the present installation authority. */
    void renewTls() {
        show("localhost", clock.instant(), Duration.ofDays(90), List.of(installation.certificate()));
    }

    /** As if the server had lived with this clock: a TLS certificate of its time. */
    void showFrom(Instant begin, Duration life) {
        show("localhost", begin, life, List.of(installation.certificate()));
    }

    /** The installation's authority is another one from now on; the server sends these after its TLS certificate. */
    void succeed(TestAuthority successor, List<X509Certificate> sent) {
        installation = successor;
        authorities.put(AuthorityKind.INSTALLATION, successor);
        show("localhost", clock.instant(), Duration.ofDays(90), sent);
    }

    private void show(String serverName, Instant begin, Duration life, List<X509Certificate> authorities) {
        KeyPair pair = TestAuthority.newKeys();
        X509Certificate certificate = installation.issue(
                SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()),
                "CN=server",
                begin,
                life,
                List.of(new GeneralName(GeneralName.dNSName, serverName)));
        List<X509Certificate> chain = new ArrayList<>(List.of(certificate));
        chain.addAll(authorities);
        tls.show(pair.getPrivate(), chain);
    }

    private static HttpsConfigurator wantingClients(SSLContext context) {
        return new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters ssl = context.getDefaultSSLParameters();
                ssl.setWantClientAuth(true);
                parameters.setSSLParameters(ssl);
            }
        };
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String request =
                    exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
            byte[] body = exchange.getRequestBody().readAllBytes();
            synchronized (requests) {
                requests.add(request);
                headers.add(exchange.getRequestHeaders().toString());
            }
            if (down) {
                return;
            }
            if (request.equals("GET /api/v1/agent/assignment")) {
                holdBack(exchange);
            }
            Answer answer = request.equals("GET /api/v1/clusters/" + CLUSTER + "/feed")
                    ? feed(exchange)
                    : answer(exchange, request, body);
            if (dropAnswers || isLost(request)) {
                return;
            }
            exchange.getResponseHeaders()
                    .set("Content-Type", answer.status < 400 ? "application/json" : "application/problem+json");
            if (answer.status == 429) {
                exchange.getResponseHeaders().set("Retry-After", "30");
            }
            exchange.sendResponseHeaders(answer.status, answer.body.length == 0 ? -1 : answer.body.length);
            exchange.getResponseBody().write(answer.body);
        }
    }

    private boolean isLost(String request) {
        if (request.equals("POST /api/v1/comebacks") && lostComebacks > 0) {
            lostComebacks--;
            return true;
        }
        if (request.equals("GET /api/v1/agent/assignment") && lostAssignments > 0) {
            lostAssignments--;
            return true;
        }
        return lostCertificates && request.startsWith("POST /api/v1/certificates/");
    }

    synchronized int identitiesIssued() {
        return issuedIdentities.size();
    }

    /** Until the caller's version is an old one, for as long as it would wait. */
    private void holdBack(HttpExchange exchange) throws IOException {
        String query = String.valueOf(exchange.getRequestURI().getQuery());
        int wait = query.indexOf("&wait=");
        if (wait < 0) {
            return;
        }
        long end = System.nanoTime()
                + Duration.parse(query.substring(wait + "&wait=".length())).toNanos();
        try {
            while (query.startsWith("version=" + version() + "&") && System.nanoTime() < end) {
                Thread.sleep(10);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** Held back a little, as long polling is; never anything new. */
    private Answer feed(HttpExchange exchange) throws IOException {
        String caller = caller(exchange);
        synchronized (this) {
            if (caller == null || !identities.contains(caller)) {
                return problem(401, "not-authenticated", "no identity of this installation");
            }
        }
        try {
            Thread.sleep(500);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return json(200, new FeedPage("epoch", 0, false, List.of()));
    }

    /** A new one where something was revoked, and each half day. */
    private synchronized byte[] etcdCrl() {
        if (crlOf.plus(Duration.ofHours(12)).isBefore(clock.instant()) || crlEntries != revokedAtEtcd.size()) {
            crlOf = clock.instant();
            crlEntries = revokedAtEtcd.size();
            crl = authority(AuthorityKind.ETCD).crl(++crlNumber, revokedAtEtcd, crlOf);
        }
        return crl;
    }

    record Answer(int status, byte[] body) {}

    private synchronized Answer answer(HttpExchange exchange, String request, byte[] body) throws IOException {
        String caller = caller(exchange);
        boolean open = request.startsWith("POST /api/v1/comebacks") || request.equals("POST /api/v1/enrolments");
        if (caller != null && hasExpired(caller) && !open) {
            return problem(401, "certificate-expired", "the certificate expired");
        }
        String key = exchange.getRequestHeaders().getFirst("Idempotency-Key");
        if (key != null && answers.containsKey(key) && !request.equals("POST /api/v1/comebacks")) {
            return new String(body, UTF_8).equals(bodies.get(key))
                    ? new Answer(201, java.util.Objects.requireNonNull(answers.get(key)))
                    : problem(409, "idempotency-conflict", "the same key with another body");
        }
        if (key != null && busy > 0) {
            busy--;
            return problem(409, "request-in-progress", "send it again in a moment");
        }
        Answer answer;
        try {
            answer = route(exchange, request, body);
        } catch (GeneralSecurityException | OperatorCreationException | PKCSException e) {
            answer = problem(400, "bad-request", String.valueOf(e.getMessage()));
        }
        if (key != null && answer.status == 201) {
            answers.put(key, answer.body);
            bodies.put(key, new String(body, UTF_8));
        }
        return answer;
    }

    private Answer route(HttpExchange exchange, String request, byte[] body)
            throws IOException, GeneralSecurityException, OperatorCreationException, PKCSException {
        if (request.equals("POST /api/v1/enrolments")) {
            return enrol(Json.read(EnrolmentRequest.class, body));
        }
        if (request.equals("POST /api/v1/comebacks/challenges")) {
            return comebacks.challenge(
                    Json.read(ComebackChallengeRequest.class, body),
                    clock.instant().plus(ahead));
        }
        if (request.equals("POST /api/v1/comebacks")) {
            return comeBack(Json.read(ComebackRequest.class, body));
        }
        String caller = caller(exchange);
        if (caller == null || !identities.contains(caller)) {
            return problem(401, "not-authenticated", "no identity of this installation");
        }
        identities.remove(successors.getOrDefault(caller, ""));
        if (request.equals("GET /api/v1/agent/assignment")) {
            String query = String.valueOf(exchange.getRequestURI().getQuery());
            if (query.startsWith("version=" + version() + "&")) {
                return new Answer(204, new byte[0]);
            }
            assignments.incrementAndGet();
            String answer = nonsense;
            if (answer != null) {
                return new Answer(200, answer.getBytes(UTF_8));
            }
            return json(200, assignment());
        }
        if (request.equals("POST /api/v1/agent/service-account-key")) {
            ServiceAccountKeyReport report = Json.read(ServiceAccountKeyReport.class, body);
            serviceAccountReports.add(report);
            if (serviceAccountKey == null) {
                serviceAccountKey = report.inPlace() == null ? report.offered() : report.inPlace();
            }
            serviceAccountKeyInPlace |= report.inPlace() != null;
            return json(200, serviceAccountOrder());
        }
        if (request.equals("POST /api/v1/agent/csr-reviews")) {
            CsrReview review = Json.read(CsrReview.class, body);
            csrReviews.add(review);
            return json(200, csrDecisions.apply(review));
        }
        if (request.equals("POST /api/v1/agent/reports")) {
            reports.add(Json.read(NodeReport.class, body));
            return new Answer(204, new byte[0]);
        }
        if (request.equals("POST /api/v1/clusters/" + CLUSTER + "/certificates")) {
            CertificateRequest wanted = Json.read(CertificateRequest.class, body);
            return json(201, issue(ProfileName.of(wanted.profile()), wanted.csr()));
        }
        if (request.equals("POST /api/v1/clusters/" + CLUSTER + "/certificates/adopt")) {
            boolean dryRun = "dryRun=true".equals(exchange.getRequestURI().getQuery());
            return json(200, adopt(Json.read(AdoptionRequest.class, body), dryRun));
        }
        if (request.startsWith("POST /api/v1/certificates/") && request.endsWith("/renew")) {
            String id = request.substring("POST /api/v1/certificates/".length(), request.length() - "/renew".length());
            return renew(id, Json.read(RenewalRequest.class, body));
        }
        if (request.equals("POST /api/v1/agent/restart-leases")) {
            if (leaseIsTaken) {
                return problem(409, "restart-lease-taken", "cp-2 restarts etcd");
            }
            leases.add(Json.read(RestartLeaseRequest.class, body));
            return json(
                    201,
                    new RestartLease(
                            "lease-" + leases.size(),
                            leases.getLast().component(),
                            clock.instant().plus(Duration.ofMinutes(5)).toString()));
        }
        if (request.equals("POST /api/v1/agent/restart-leases/lease-" + leases.size() + "/end")) {
            restarts.add(Json.read(RestartOutcome.class, body));
            return new Answer(204, new byte[0]);
        }
        return problem(404, "not-found", request);
    }

    private AdoptionResult adopt(AdoptionRequest request, boolean dryRun) throws CertificateException {
        List<AdoptionResult.Item> items = new ArrayList<>();
        for (AdoptionRequest.Certificate one : request.certificates()) {
            X509Certificate certificate = Certificates.parse(one.certificate()).getFirst();
            String id = Certificates.fingerprint(certificate);
            String subject = certificate.getSubjectX500Principal().getName();
            boolean ours = authorities.values().stream()
                    .anyMatch(authority -> authority
                            .certificate()
                            .getSubjectX500Principal()
                            .equals(certificate.getIssuerX500Principal()));
            String profile = one.profile() == null ? "adopted" : one.profile();
            if (ours && !dryRun && one.profile() != null) {
                profiles.put(id, ProfileName.of(profile));
            }
            items.add(
                    ours
                            ? new AdoptionResult.Item(id, "recorded", "a", profile, nodeName, subject, List.of(), null)
                            : new AdoptionResult.Item(
                                    id, "unknown-issuer", null, null, null, subject, List.of(), "nobody's"));
        }
        return new AdoptionResult(items);
    }

    /** The identity documents that came. */
    List<InstanceDocument> documents() {
        return List.copyOf(documents);
    }

    private Answer enrol(EnrolmentRequest request)
            throws IOException, GeneralSecurityException, OperatorCreationException, PKCSException {
        InstanceDocument document = request.document();
        if (document != null) {
            documents.add(document);
        } else if (!TOKEN.equals(request.token()) || tokenUses <= 0) {
            return problem(403, "token-refused", "the token is not known or used up");
        }
        tokenUses--;
        nodeName = request.nodeName();
        IssuedCertificate identity = issue(ProfileName.NODE_IDENTITY, request.csr());
        return json(201, new EnrolmentResponse(CLUSTER, request.nodeName(), roles, identity, installation.pem()));
    }

    private Answer comeBack(ComebackRequest request)
            throws IOException, GeneralSecurityException, OperatorCreationException, PKCSException {
        if (busyComebacks > 0) {
            busyComebacks--;
            return problem(429, "too-many-comebacks", "try again after Retry-After");
        }
        X509Certificate identity = issuedIdentities.get(request.identity());
        Answer refusal = comebacks.refusal(request, identity, tls.shown());
        if (refusal != null) {
            return refusal;
        }
        if (refuseComebacks) {
            return Comebacks.refused("identity-revoked");
        }
        if (!identities.contains(request.identity())) {
            return Comebacks.refused("older-identity");
        }
        String again = comebacks.answered.get(request.csr());
        IssuedCertificate renewed = again != null
                ? Json.read(IssuedCertificate.class, again.getBytes(UTF_8))
                : issue(ProfileName.NODE_IDENTITY, request.csr());
        comebacks.answered.put(request.csr(), new String(Json.write(renewed), UTF_8));
        successors.put(renewed.id(), request.identity());
        return json(201, renewed);
    }

    private boolean hasExpired(String identity) {
        X509Certificate certificate = issuedIdentities.get(identity);
        return certificate != null
                && certificate
                        .getNotAfter()
                        .toInstant()
                        .isBefore(clock.instant().plus(ahead));
    }

    private Answer renew(String id, RenewalRequest request)
            throws IOException, GeneralSecurityException, OperatorCreationException, PKCSException {
        ProfileName profile = profiles.get(id);
        if (profile == null) {
            return problem(404, "not-found", "no such certificate");
        }
        if (renamed && profile != ProfileName.NODE_IDENTITY) {
            return problem(403, "not-permitted", "a node renews its own certificates only");
        }
        if (refuseSameKey && publicKey(request.csr()).equals(keys.get(id))) {
            return problem(422, "request-refused", "the key is known to be compromised");
        }
        IssuedCertificate renewed = issue(profile, request.csr());
        if (profile == ProfileName.NODE_IDENTITY) {
            successors.put(renewed.id(), id);
        }
        return json(201, renewed);
    }

    private IssuedCertificate issue(ProfileName profile, String csr)
            throws IOException, OperatorCreationException, PKCSException {
        PKCS10CertificationRequest request = new PKCS10CertificationRequest(
                Pem.decode(csr, Pem.CERTIFICATE_REQUEST).getFirst());
        if (!request.isSignatureValid(
                new JcaContentVerifierProviderBuilder().build(request.getSubjectPublicKeyInfo()))) {
            throw new IOException("the request's signature is wrong");
        }
        TestAuthority authority = authority(profile.authority());
        List<GeneralName> names = new ArrayList<>();
        if (profile == ProfileName.REVOCATION_GATE || profile == ProfileName.KUBE_APISERVER) {
            names.add(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
        }
        assigned(profile).dnsNames().forEach(name -> names.add(new GeneralName(GeneralName.dNSName, name)));
        X509Certificate certificate = authority.issue(
                request.getSubjectPublicKeyInfo(),
                "CN=" + assigned(profile).commonName(),
                clock.instant().plus(ahead),
                life,
                names);
        issued++;
        String id = Certificates.fingerprint(certificate);
        profiles.put(id, profile);
        keys.put(id, publicKey(csr));
        if (profile == ProfileName.NODE_IDENTITY) {
            identities.add(id);
            issuedIdentities.put(id, certificate);
        }
        if (profile == ProfileName.ETCD_CANARY) {
            revokedAtEtcd.add(certificate.getSerialNumber());
        }
        return twist.apply(new IssuedCertificate(
                id,
                Certificates.serial(certificate),
                profile.label(),
                certificate.getNotBefore().toInstant().toString(),
                certificate.getNotAfter().toInstant().toString(),
                Certificates.pem(List.of(certificate)),
                authority.pem()));
    }

    private static String publicKey(String csr) throws IOException {
        return Certificates.fingerprint(new PKCS10CertificationRequest(
                        Pem.decode(csr, Pem.CERTIFICATE_REQUEST).getFirst())
                .getSubjectPublicKeyInfo()
                .getEncoded());
    }

    private Assignment assignment() {
        List<AssignedCertificate> certificates = new ArrayList<>();
        certificates.add(assigned(ProfileName.NODE_IDENTITY));
        for (ProfileName profile : ProfileName.values()) {
            if (profile.roles().stream().map(NodeRole::label).anyMatch(roles::contains)
                    && (answersCsrs || profile != ProfileName.CSR_SIGNER)) {
                certificates.add(assigned(profile));
            }
        }
        Map<String, String> bundles = new HashMap<>();
        authorities.forEach((kind, authority) -> bundles.put(kind.label(), authority.pem()));
        bundles.put(
                "clients",
                authority(AuthorityKind.KUBERNETES).pem()
                        + authority(AuthorityKind.BREAK_GLASS).pem());
        bundles.putAll(otherBundles);
        return new Assignment(
                CLUSTER,
                nodeName,
                roles,
                clock.instant().plus(ahead).toString(),
                version(),
                "api.prod.example.org:6443",
                certificates,
                bundles,
                Map.of("kubernetes", "http://127.0.0.1:9/ocsp"),
                Map.of("etcd", "http://127.0.0.1:" + status.getAddress().getPort() + "/etcd.crl"),
                roles.contains("control-plane") ? serviceAccountOrder() : null);
    }

    private synchronized String version() {
        return roles + "/" + extraNames + "/" + answersCsrs + "/" + renewBefore + "/" + installation.fingerprint() + "/"
                + otherBundles.hashCode();
    }

    private ServiceAccountKeyOrder serviceAccountOrder() {
        return new ServiceAccountKeyOrder(
                serviceAccountKey,
                serviceAccountKey == null ? null : nodeName,
                serviceAccountKeyInPlace,
                null,
                null,
                List.of());
    }

    private AssignedCertificate assigned(ProfileName profile) {
        return new AssignedCertificate(
                profile.label(),
                "p256",
                profile == ProfileName.NODE_IDENTITY ? nodeName : profile.label(),
                profile == ProfileName.KUBE_APISERVER ? extraNames : List.of(),
                List.of(),
                renewBefore);
    }

    private static @Nullable String caller(HttpExchange exchange) {
        try {
            Certificate[] chain = ((HttpsExchange) exchange).getSSLSession().getPeerCertificates();
            return Certificates.fingerprint((X509Certificate) chain[0]);
        } catch (SSLPeerUnverifiedException e) {
            return null;
        }
    }

    static Answer json(int status, Object value) {
        return new Answer(status, Json.write(value));
    }

    static Answer problem(int status, String type, String detail) {
        return json(status, new Problem("urn:certfleet:problem:" + type, type, status, detail, null));
    }
}
