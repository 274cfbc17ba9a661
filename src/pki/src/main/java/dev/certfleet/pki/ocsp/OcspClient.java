package dev.certfleet.pki.ocsp;

import dev.certfleet.pki.PlainHttp;
import dev.certfleet.pki.ocsp.OcspException.Problem;
import java.io.IOException;
import java.math.BigInteger;
import java.net.HttpURLConnection;
import java.net.URI;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * Asks a responder over HTTP (RFC 6960 appendix A.1), always by POST and with a nonce, so that no cache and nobody on the way
 * can answer with what was true once. The whole exchange has one time limit, and answers beyond
 * {@link OcspResponse#MAX_SIZE} are cut off.
 */
public final class OcspClient {
    private static final Map<String, String> HEADERS =
            Map.of("Content-Type", "application/ocsp-request", "Accept", "application/ocsp-response");

    private final OcspVerifier verifier;
    private final SecureRandom random;
    private final Duration timeout;

    public OcspClient(OcspVerifier verifier, SecureRandom random, Duration timeout) {
        this.verifier = verifier;
        this.random = random;
        this.timeout = timeout;
    }

    /** The proven status of one certificate. */
    public CertificateStatus ask(URI responder, X509Certificate issuer, BigInteger serial)
            throws OcspException, InterruptedException {
        CertificateStatus status = ask(responder, issuer, List.of(serial)).get(serial);
        if (status == null) {
            throw new IllegalStateException("the verifier insists on an answer for each certificate");
        }
        return status;
    }

    /** The proven statuses of several certificates of one issuer, all or nothing. */
    public Map<BigInteger, CertificateStatus> ask(URI responder, X509Certificate issuer, List<BigInteger> serials)
            throws OcspException, InterruptedException {
        OcspRequest request = OcspRequest.withNonce(CertId.Digest.SHA256, issuer, serials, random);
        OcspResponse response = OcspResponse.parse(exchange(responder, request.encoded()));
        Map<BigInteger, CertificateStatus> statuses = new LinkedHashMap<>();
        verifier.verify(response, request, issuer).forEach((id, status) -> statuses.put(id.serial(), status));
        return statuses;
    }

    private byte[] exchange(URI responder, byte[] request) throws OcspException, InterruptedException {
        PlainHttp.Answer answer;
        try {
            answer = PlainHttp.exchange(responder, HEADERS, request, OcspResponse.MAX_SIZE, timeout);
        } catch (TimeoutException e) {
            throw new OcspException(
                    Problem.UNREACHABLE, responder + " did not answer within " + timeout.toMillis() + " ms", e);
        } catch (IOException e) {
            throw new OcspException(Problem.UNREACHABLE, responder + " cannot be asked: " + e, e);
        }
        if (answer.status() != HttpURLConnection.HTTP_OK) {
            throw new OcspException(Problem.UNREACHABLE, responder + " answered with HTTP status " + answer.status());
        }
        if (answer.body().length > OcspResponse.MAX_SIZE) {
            throw new OcspException(
                    Problem.TOO_LARGE, responder + " answered with more than " + OcspResponse.MAX_SIZE + " octets");
        }
        return answer.body();
    }
}
