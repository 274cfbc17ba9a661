package dev.certfleet.agent.gate;

import com.sun.net.httpserver.HttpServer;
import dev.certfleet.pki.testing.TestAuthority;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.RevokedStatus;

/** An OCSP responder over HTTP whose answers Bouncy Castle makes; good unless told otherwise. */
public final class FakeResponder implements AutoCloseable {
    private final TestAuthority authority;
    private final Clock clock;
    private final HttpServer http;
    private final Map<BigInteger, CertificateStatus> statuses = new ConcurrentHashMap<>();
    private volatile Duration age = Duration.ZERO;
    private volatile Duration answersAfter = Duration.ZERO;
    private volatile boolean reachable = true;
    private volatile TestAuthority signer;
    private final AtomicInteger requests = new AtomicInteger();

    public FakeResponder(TestAuthority authority, Clock clock) throws IOException {
        this.authority = authority;
        this.signer = authority;
        this.clock = clock;
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/ocsp", exchange -> {
            try (exchange) {
                requests.incrementAndGet();
                byte[] request = exchange.getRequestBody().readAllBytes();
                pause();
                byte[] answer = reachable ? answer(request) : new byte[0];
                exchange.sendResponseHeaders(reachable ? 200 : 503, answer.length == 0 ? -1 : answer.length);
                exchange.getResponseBody().write(answer);
            }
        });
        http.start();
    }

    private void pause() {
        try {
            Thread.sleep(answersAfter);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private byte[] answer(byte[] request) {
        Instant thisUpdate = clock.instant().minus(age);
        return signer.answer(clock.instant())
                .at(thisUpdate, clock.instant().plus(Duration.ofHours(1)))
                .inTheNameOf(authority)
                .to(request, statuses::get);
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + http.getAddress().getPort() + "/ocsp");
    }

    int requests() {
        return requests.get();
    }

    public void reachable(boolean yes) {
        reachable = yes;
    }

    void answersAfter(Duration pause) {
        answersAfter = pause;
    }

    /** Answers as it would have done so long ago. */
    void answersAsOf(Duration ago) {
        age = ago;
    }

    void signedBy(TestAuthority other) {
        signer = other;
    }

    public void revoked(X509Certificate certificate, int reason) {
        statuses.put(certificate.getSerialNumber(), new RevokedStatus(Date.from(clock.instant()), reason));
    }

    void good(X509Certificate certificate) {
        statuses.remove(certificate.getSerialNumber());
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
