package dev.certfleet.agent.etcd;

import dev.certfleet.agent.Trouble;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Fetches the CRL over plain HTTP, within one time limit and one size; what comes is not believed here. */
final class CrlSource {
    private final HttpClient http;
    private final Duration timeout;

    CrlSource(HttpClient http, Duration timeout) {
        this.http = http;
        this.timeout = timeout;
    }

    /** @param tag the entity tag; empty where the server gave none */
    record Fetched(byte[] body, String tag) {}

    /**
     * @param tag of the one that is here; empty for none
     * @return empty where that is still the newest
     */
    Optional<Fetched> fetch(URI url, String tag) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(url).timeout(timeout).header("Accept", "application/pkix-crl");
        if (!tag.isEmpty()) {
            request.header("If-None-Match", tag);
        }
        CompletableFuture<HttpResponse<byte[]>> exchange = http.sendAsync(
                request.build(),
                // One octet more than is taken, so that the check tells of the size.
                HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), CrlCheck.MAX_SIZE + 1L));
        try {
            HttpResponse<byte[]> response = exchange.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() == 304 && !tag.isEmpty()) {
                return Optional.empty();
            }
            if (response.statusCode() != 200) {
                throw new IOException(url + " answered with HTTP status " + response.statusCode());
            }
            return Optional.of(new Fetched(
                    response.body(), response.headers().firstValue("ETag").orElse("")));
        } catch (TimeoutException e) {
            throw new IOException(url + " did not answer within " + timeout.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(url + " cannot be fetched: " + Trouble.oneLine(String.valueOf(cause)), cause);
        } finally {
            exchange.cancel(true);
        }
    }
}
