package dev.certfleet.agent.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.Json;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.settings.ServerSettings;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.wire.AdoptionRequest;
import dev.certfleet.pki.wire.AdoptionResult;
import dev.certfleet.pki.wire.AgentAlarm;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.CertificateRequest;
import dev.certfleet.pki.wire.ComebackChallenge;
import dev.certfleet.pki.wire.ComebackChallengeRequest;
import dev.certfleet.pki.wire.ComebackRequest;
import dev.certfleet.pki.wire.CsrDecision;
import dev.certfleet.pki.wire.CsrReview;
import dev.certfleet.pki.wire.DoorProofs;
import dev.certfleet.pki.wire.EnrolmentRequest;
import dev.certfleet.pki.wire.EnrolmentResponse;
import dev.certfleet.pki.wire.FeedPage;
import dev.certfleet.pki.wire.IssuedCertificate;
import dev.certfleet.pki.wire.NodeReport;
import dev.certfleet.pki.wire.Problem;
import dev.certfleet.pki.wire.RenewalRequest;
import dev.certfleet.pki.wire.RestartLease;
import dev.certfleet.pki.wire.RestartLeaseRequest;
import dev.certfleet.pki.wire.RestartOutcome;
import dev.certfleet.pki.wire.ServiceAccountKeyOrder;
import dev.certfleet.pki.wire.ServiceAccountKeyReport;
import dev.certfleet.pki.wire.TpmChallenge;
import dev.certfleet.pki.wire.TpmChallengeRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The server's REST API over HTTPS. Knows several addresses and stays with the one that answered last. The credential and the
 * trust can be changed while it is in use; what is under way ends as it began. {@link HttpsURLConnection} rather than
 * java.net.http, because an idle agent is 3 MB smaller with it.
 */
public final class ServerClient {
    private static final int LARGEST_ANSWER = 32 << 20;
    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
    private static final String API = "/api/v1";
    private static final String CHALLENGES = "/comebacks/challenges";
    private static final String MARK = "Certfleet-Mark";

    private final ServerSettings settings;
    private final Clock clock;
    private final SecureRandom random;
    private volatile SSLSocketFactory sockets;
    private volatile int preferred;

    public ServerClient(
            ServerSettings settings,
            ServerTrust trust,
            Optional<Credential> credential,
            Clock clock,
            SecureRandom random) {
        if (settings.addresses().isEmpty()) {
            throw new Trouble(
                    dev.certfleet.agent.ExitCode.SETTINGS,
                    "server.addresses is not set: which certfleet server is this node's?");
        }
        this.settings = settings;
        this.clock = clock;
        this.random = random;
        this.sockets = sockets(trust, credential);
    }

    /** From the next request on, this is who the agent is and whom it trusts. */
    public void use(ServerTrust trust, Credential credential) {
        sockets = sockets(trust, Optional.of(credential));
    }

    /** A second client towards the same server, with another credential. */
    public ServerClient with(ServerTrust trust, Credential credential) {
        return new ServerClient(settings, trust, Optional.of(credential), clock, random);
    }

    public EnrolmentResponse enrol(EnrolmentRequest request, String requestId) throws ServerException {
        return call("POST", "/enrolments", request, requestId, EnrolmentResponse.class);
    }

    /**
     * Something to sign.
     *
     * @param server fingerprint of the TLS certificate that the server showed
     */
    public record Challenged(ComebackChallenge challenge, String server) {}

    public Challenged comebackChallenge(ComebackChallengeRequest request) throws ServerException {
        Answer answer = exchange(
                new Call("POST", CHALLENGES, request, null, "application/json", settings.requestTimeout(), null));
        X509Certificate shown = answer.server();
        if (shown == null) {
            throw new ServerException.Unreachable("the answer to " + CHALLENGES + " is no challenge", null);
        }
        return new Challenged(
                parse(ComebackChallenge.class, CHALLENGES, answer.body()), Certificates.fingerprint(shown));
    }

    public IssuedCertificate comeBack(ComebackRequest request, String requestId) throws ServerException {
        return call("POST", "/comebacks", request, requestId, IssuedCertificate.class);
    }

    /** Shows a TPM's keys, without a credential. */
    public TpmChallenge challenge(TpmChallengeRequest request) throws ServerException {
        return call("POST", "/enrolments/tpm-challenges", request, null, TpmChallenge.class);
    }

    /** What this node is to hold, without showing a mark. */
    public Assignment assignment() throws ServerException {
        return assignment(Optional.empty());
    }

    /** @param mark the newest that the server gave with the feed */
    public Assignment assignment(Optional<String> mark) throws ServerException {
        String path = "/agent/assignment";
        Answer answer = exchange(
                new Call("GET", path, null, null, "application/json", settings.requestTimeout(), mark.orElse(null)));
        Assignment assignment = parse(Assignment.class, path, answer.body());
        Optional<String> missing = AnswerCheck.missing(assignment);
        if (missing.isPresent()) {
            throw new ServerException.Unreachable("the answer to " + path + " lacks '" + missing.get() + "'", null);
        }
        return assignment;
    }

    /**
     * Whether the node has to hold something else by now; waits for that.
     *
     * @param version of the assignment that the node has
     * @param wait the longest; the server takes a minute at most
     * @param mark the newest that the server gave with the feed
     */
    public boolean isAssignmentOtherThan(String version, Duration wait, Optional<String> mark) throws ServerException {
        Answer answer = exchange(new Call(
                "GET",
                "/agent/assignment?version=" + segment(version) + "&wait=" + wait,
                null,
                null,
                "application/json",
                settings.requestTimeout().plus(wait),
                mark.orElse(null)));
        return answer.body().length > 0;
    }

    /** What this node has, offers, asks for or passes on of the service-account key pair; what follows from it. */
    public ServiceAccountKeyOrder serviceAccountKey(ServiceAccountKeyReport report, String requestId)
            throws ServerException {
        return call("POST", "/agent/service-account-key", report, requestId, ServiceAccountKeyOrder.class);
    }

    public IssuedCertificate issue(String cluster, CertificateRequest request, String requestId)
            throws ServerException {
        return call(
                "POST", "/clusters/" + segment(cluster) + "/certificates", request, requestId, IssuedCertificate.class);
    }

    public IssuedCertificate renew(String id, RenewalRequest request, String requestId) throws ServerException {
        return call("POST", "/certificates/" + segment(id) + "/renew", request, requestId, IssuedCertificate.class);
    }

    /**
     * Has certificates put on record that were issued before; the same again changes nothing.
     *
     * @param dryRun only asks what would become of them
     */
    public AdoptionResult adopt(String cluster, AdoptionRequest request, boolean dryRun) throws ServerException {
        return call(
                "POST",
                "/clusters/" + segment(cluster) + "/certificates/adopt?dryRun=" + dryRun,
                request,
                null,
                AdoptionResult.class);
    }

    public void report(NodeReport report, String requestId) throws ServerException {
        send("POST", "/agent/reports", report, requestId, "application/json", settings.requestTimeout());
    }

    public void alarm(AgentAlarm alarm, String requestId) throws ServerException {
        send("POST", "/agent/alarms", alarm, requestId, "application/json", settings.requestTimeout());
    }

    public RestartLease restartLease(RestartLeaseRequest request, String requestId) throws ServerException {
        return call("POST", "/agent/restart-leases", request, requestId, RestartLease.class);
    }

    /** What is to become of a CertificateSigningRequest; the same uid gets the same certificate. */
    public CsrDecision reviewCsr(CsrReview review) throws ServerException {
        return call("POST", "/agent/csr-reviews", review, null, CsrDecision.class);
    }

    public void endRestart(String lease, RestartOutcome outcome, String requestId) throws ServerException {
        send(
                "POST",
                "/agent/restart-leases/" + segment(lease) + "/end",
                outcome,
                requestId,
                "application/json",
                settings.requestTimeout());
    }

    /**
     * A page of the feed.
     *
     * @param mark what the server wants to be shown from now on; null where it gave none
     */
    public record Fed(FeedPage page, @Nullable String mark) {}

    public void proofs(DoorProofs proofs, String requestId) throws ServerException {
        send("POST", "/agent/proofs", proofs, requestId, "application/json", settings.requestTimeout());
    }

    /**
     * A page of the revocation feed; where nothing is new, the answer comes after {@code wait} at the latest.
     *
     * @param mark the newest that the server gave with an earlier page
     */
    public Fed feed(String cluster, long after, Duration wait, int limit, Optional<String> mark)
            throws ServerException {
        String path = "/clusters/" + segment(cluster) + "/feed?after=" + after + "&wait=" + wait + "&limit=" + limit;
        Answer answer = exchange(new Call(
                "GET",
                path,
                null,
                null,
                "application/json",
                settings.requestTimeout().plus(wait),
                mark.orElse(null)));
        return new Fed(parse(FeedPage.class, path, answer.body()), answer.mark());
    }

    /** The certificate with this fingerprint and its chain in PEM; empty where the server never issued such a one. */
    public Optional<String> certificate(String id) throws ServerException {
        try {
            byte[] answer = send(
                    "GET",
                    "/certificates/" + segment(id) + "/pem",
                    null,
                    null,
                    "application/x-pem-file",
                    settings.requestTimeout());
            return Optional.of(new String(answer, UTF_8));
        } catch (ServerException.Refused e) {
            // Nothing but the server's own word: a proxy's or a wrong path's 404 must not accuse anybody.
            if (e.status() == 404 && e.type().startsWith(ServerException.Refused.TYPES)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private <T> T call(String method, String path, @Nullable Object body, @Nullable String requestId, Class<T> type)
            throws ServerException {
        return parse(type, path, send(method, path, body, requestId, "application/json", settings.requestTimeout()));
    }

    private static <T> T parse(Class<T> type, String path, byte[] answer) throws ServerException {
        try {
            return Json.read(type, answer);
        } catch (IOException e) {
            throw new ServerException.Unreachable("the answer to " + path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private byte[] send(
            String method,
            String path,
            @Nullable Object body,
            @Nullable String requestId,
            String accept,
            Duration timeout)
            throws ServerException {
        return exchange(new Call(method, path, body, requestId, accept, timeout, null))
                .body();
    }

    /** A request, whichever address it goes to. */
    private record Call(
            String method,
            String path,
            @Nullable Object body,
            @Nullable String requestId,
            String accept,
            Duration timeout,
            @Nullable String mark) {}

    private record Answer(
            byte[] body, @Nullable String mark, @Nullable X509Certificate server) {}

    private Answer exchange(Call call) throws ServerException {
        List<String> failures = new ArrayList<>();
        ServerException.@Nullable Untrusted untrusted = null;
        int count = settings.addresses().size();
        int first = preferred;
        for (int i = 0; i < count; i++) {
            int number = (first + i) % count;
            URI address = settings.addresses().get(number);
            try {
                Answer answer = exchange(address, call);
                preferred = number;
                return answer;
            } catch (SSLHandshakeException | SSLPeerUnverifiedException e) {
                String reason = address + ": " + reason(e);
                failures.add(reason);
                if (peerWasNotTrusted(e)) {
                    untrusted = new ServerException.Untrusted(
                            (isWrongTime(e)
                                            ? "the server cannot be checked: "
                                            : "what answers is not the expected certfleet server: ")
                                    + reason,
                            e);
                }
            } catch (IOException e) {
                failures.add(address + ": " + reason(e));
            }
        }
        if (untrusted != null) {
            throw untrusted;
        }
        throw new ServerException.Unreachable("no server answers: " + String.join("; ", failures), null);
    }

    private Answer exchange(URI address, Call call) throws IOException, ServerException.Refused {
        HttpsURLConnection connection = (HttpsURLConnection)
                URI.create(address + API + call.path()).toURL().openConnection(Proxy.NO_PROXY);
        connection.setSSLSocketFactory(sockets);
        connection.setConnectTimeout(Math.toIntExact(settings.connectTimeout().toMillis()));
        connection.setReadTimeout(Math.toIntExact(call.timeout().toMillis()));
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestMethod(call.method());
        connection.setRequestProperty("Accept", call.accept() + ", application/problem+json");
        connection.setRequestProperty("User-Agent", "certfleet-agent/" + Version.TEXT);
        if (call.requestId() != null) {
            connection.setRequestProperty("Idempotency-Key", call.requestId());
        }
        if (call.mark() != null) {
            connection.setRequestProperty(MARK, call.mark());
        }
        if (call.body() != null) {
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", "application/json");
            // Not in streaming mode: there HttpURLConnection turns a 401 into an exception without the problem's text.
            try (var output = connection.getOutputStream()) {
                output.write(Json.write(call.body()));
            }
        }
        int status = connection.getResponseCode();
        // The connection knows its peer until the answer was read to its end.
        X509Certificate server =
                status == HttpsURLConnection.HTTP_OK && call.path().equals(CHALLENGES)
                        ? (X509Certificate) connection.getServerCertificates()[0]
                        : null;
        try (InputStream stream = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            byte[] answer = stream == null ? new byte[0] : stream.readNBytes(LARGEST_ANSWER + 1);
            if (answer.length > LARGEST_ANSWER) {
                throw new IOException("an answer of more than " + LARGEST_ANSWER + " bytes");
            }
            if (status >= 200 && status < 300) {
                return new Answer(answer, connection.getHeaderField(MARK), server);
            }
            throw new ServerException.Refused(
                    problem(status, connection.getContentType(), answer),
                    retryAfter(connection.getHeaderField("Retry-After")));
        }
    }

    /** In seconds, as servers of certfleet say it (RFC 9110 section 10.2.3); never more than an hour is believed. */
    private static @Nullable Duration retryAfter(@Nullable String header) {
        return header != null && header.matches("\\d{1,9}")
                ? Duration.ofSeconds(Math.min(Long.parseLong(header), LONGEST_PAUSE.toSeconds()))
                : null;
    }

    private static Problem problem(int status, @Nullable String contentType, byte[] answer) throws IOException {
        if (contentType != null && contentType.startsWith("application/problem+json")) {
            try {
                Problem problem = Json.read(Problem.class, answer);
                return new Problem(
                        text(problem.type(), "about:blank"),
                        text(problem.title(), "HTTP status " + status),
                        status,
                        problem.detail(),
                        problem.violations());
            } catch (IOException e) {
                throw new IOException("HTTP status " + status + " with an unreadable problem: " + e.getMessage(), e);
            }
        }
        if (status < 400) {
            throw new IOException(
                    "HTTP status " + status + " where an answer was expected; is this a certfleet server?");
        }
        return new Problem("about:blank", "HTTP status " + status, status, null, null);
    }

    private static String text(@Nullable String value, String otherwise) {
        return value == null || value.isBlank() ? otherwise : value;
    }

    private static String reason(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ServerTrust.PinMismatch || cause instanceof ServerTrust.WrongTime) {
                return Trouble.oneLine(cause);
            }
        }
        return switch (e) {
            case UnknownHostException unknown -> "the host name is not known";
            case SocketTimeoutException timeout -> "no answer in time";
            case ConnectException refused -> Trouble.oneLine(refused);
            default -> Trouble.oneLine(e);
        };
    }

    private static boolean isWrongTime(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .anyMatch(ServerTrust.WrongTime.class::isInstance);
    }

    /** Tells our refusal of the server from the server's refusal of us and from connections that broke. */
    private static boolean peerWasNotTrusted(IOException e) {
        if (e instanceof SSLPeerUnverifiedException) {
            return true;
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof java.security.cert.CertificateException
                    || cause instanceof java.security.cert.CertPathValidatorException
                    || cause instanceof java.security.cert.CertPathBuilderException) {
                return true;
            }
        }
        return false;
    }

    private SSLSocketFactory sockets(ServerTrust trust, Optional<Credential> credential) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            KeyManager[] keys =
                    credential.map(own -> new KeyManager[] {own.manager()}).orElseGet(() -> new KeyManager[0]);
            context.init(keys, new TrustManager[] {trust.manager(clock)}, random);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot make a TLS context", e);
        }
    }

    private static String segment(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }
}
