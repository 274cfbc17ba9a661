package dev.certfleet.server.receipt;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.ocsp.CertId;
import dev.certfleet.pki.ocsp.CertificateStatus;
import dev.certfleet.pki.ocsp.OcspException;
import dev.certfleet.pki.ocsp.OcspRequest;
import dev.certfleet.pki.ocsp.OcspResponse;
import dev.certfleet.pki.ocsp.OcspVerifier;
import dev.certfleet.server.replica.ThisReplica;
import dev.certfleet.server.status.StatusServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Proves that this server's OCSP says {@code revoked}: it asks over HTTP, at the port that everybody asks, in the form that
 * caches use (GET, no nonce), and believes what is signed. A few questions at a time, however many revocations there are: a
 * burst is worked off, and the status service goes on.
 */
@Component
class ProveReplica implements SmartLifecycle {
    static final String EVIDENCE = "ocsp-revoked";

    private static final Logger LOG = LoggerFactory.getLogger(ProveReplica.class);
    private static final int AT_ONCE = 4;
    private static final int TOGETHER = 256;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration AGAIN = Duration.ofMillis(100);
    private static final Duration IDLE = Duration.ofSeconds(1);
    private static final int OK = 200;

    private final ReceiptRows rows;
    private final ReceiptNews news;
    private final Lag lag;
    private final ThisReplica self;
    private final StatusServer status;
    private final OcspVerifier verifier;
    private final Clock clock;
    /** How many that do not answer yet are passed over, so that they do not hold up those behind them. */
    private int passed;

    private volatile boolean running;
    private @Nullable Thread thread;

    ProveReplica(ReceiptRows rows, ReceiptNews news, Lag lag, ThisReplica self, StatusServer status, Clock clock) {
        this.rows = rows;
        this.news = news;
        this.lag = lag;
        this.self = self;
        this.status = status;
        this.verifier = new OcspVerifier(clock, OcspVerifier.DEFAULT_TOLERANCE);
        this.clock = clock;
    }

    private void run() {
        try (HttpClient http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(TIMEOUT)
                        .build();
                ExecutorService workers = Executors.newFixedThreadPool(
                        AT_ONCE, Thread.ofVirtual().name("prove-replica-", 0).factory())) {
            while (running) {
                turn(http, workers);
            }
            http.shutdownNow();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void turn(HttpClient http, ExecutorService workers) throws InterruptedException {
        long seen = news.count();
        Duration pause = IDLE;
        try {
            List<ReceiptRows.Unproved> unproved = rows.unproved(self.replica().name(), passed, TOGETHER);
            List<UUID> refused = refused(unproved, http, workers);
            if (!refused.isEmpty()) {
                lag.record(
                        DoorKind.REPLICA,
                        rows.prove(DoorKind.REPLICA, self.replica().name(), refused, EVIDENCE, clock.instant()));
            }
            boolean more = unproved.size() == TOGETHER;
            boolean waiting = passed > 0 || refused.size() < unproved.size();
            passed = more ? passed + unproved.size() - refused.size() : 0;
            pause = more ? Duration.ZERO : waiting ? AGAIN : IDLE;
        } catch (RuntimeException e) {
            LOG.debug("this server's own receipts wait: {}", e.getMessage());
        }
        if (pause.isPositive()) {
            var _ = news.await(seen, pause);
        }
    }

    private List<UUID> refused(List<ReceiptRows.Unproved> unproved, HttpClient http, ExecutorService workers)
            throws InterruptedException {
        List<Future<Boolean>> asked = new ArrayList<>();
        for (ReceiptRows.Unproved one : unproved) {
            asked.add(workers.submit(() -> isRefused(one, http)));
        }
        List<UUID> refused = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            try {
                if (asked.get(i).get()) {
                    refused.add(unproved.get(i).revocation());
                }
            } catch (ExecutionException e) {
                LOG.debug("this server does not answer for a revoked certificate yet: {}", e.getCause());
            }
        }
        return refused;
    }

    private boolean isRefused(ReceiptRows.Unproved one, HttpClient http)
            throws IOException, InterruptedException, CertificateException, DerException, OcspException {
        X509Certificate issuer = Certificates.parse(one.issuer());
        OcspRequest request =
                OcspRequest.withoutNonce(CertId.Digest.SHA1, issuer, List.of(new BigInteger(1, one.serial())));
        String path =
                URLEncoder.encode(Base64.getEncoder().encodeToString(request.encoded()), StandardCharsets.US_ASCII);
        HttpResponse<byte[]> response = http.send(
                HttpRequest.newBuilder(URI.create("http://" + host() + ":" + status.port() + "/ocsp/" + path))
                        .timeout(TIMEOUT)
                        .GET()
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
        return response.statusCode() == OK
                && verifier.verify(OcspResponse.parse(response.body()), request, issuer).values().stream()
                        .allMatch(CertificateStatus.Revoked.class::isInstance);
    }

    private String host() {
        return status.localAddress();
    }

    @Override
    public synchronized void start() {
        running = true;
        thread = Thread.ofPlatform().daemon().name("prove-replica").start(this::run);
    }

    @Override
    public synchronized void stop() {
        running = false;
        Thread prover = thread;
        if (prover != null) {
            prover.interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
