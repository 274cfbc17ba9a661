package dev.certfleet.pki;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One exchange over plain HTTP, for what is signed by itself: OCSP and CRLs. The whole of it has one time limit, and the answer
 * one limit of size. No proxy, no redirects, no other scheme. {@link HttpURLConnection} rather than java.net.http, whose 150
 * classes and threads an agent would hold for nothing else.
 */
public final class PlainHttp {
    /**
     * @param body cut off after {@code limit} + 1 octets, so that the caller sees that there were more; empty where the status
     *     is an error
     * @param tag the ETag; empty where the server gave none
     */
    public record Answer(int status, byte[] body, String tag) {}

    private PlainHttp() {}

    /**
     * @param body is posted; null for a GET
     * @param limit octets of the answer's body that are of interest
     * @throws TimeoutException where the answer was not there in time, however much of it was
     * @throws IOException where there is no HTTP answer, or the scheme is another
     */
    public static Answer exchange(
            URI uri, Map<String, String> headers, byte @Nullable [] body, int limit, Duration timeout)
            throws IOException, TimeoutException, InterruptedException {
        if (!"http".equalsIgnoreCase(uri.getScheme()) || uri.getHost() == null) {
            throw new IOException("not a URL of plain HTTP");
        }
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
        connection.setConnectTimeout(Math.toIntExact(timeout.toMillis()));
        connection.setReadTimeout(Math.toIntExact(timeout.toMillis()));
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        headers.forEach(connection::setRequestProperty);
        // A thread of its own: a limit for each read would let an answer trickle for ever.
        FutureTask<Answer> exchange = new FutureTask<>(() -> exchange(connection, body, limit));
        Thread.ofVirtual().name("http").start(exchange);
        try {
            return exchange.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } finally {
            if (!exchange.isDone()) {
                // Interrupted, a virtual thread's socket is closed under it.
                exchange.cancel(true);
            }
        }
    }

    private static Answer exchange(HttpURLConnection connection, byte @Nullable [] body, int limit) throws IOException {
        if (body != null) {
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            // Not in streaming mode: a kept connection that the server closed meanwhile could not be tried again.
            try (var output = connection.getOutputStream()) {
                output.write(body);
            }
        }
        int status = connection.getResponseCode();
        String tag = connection.getHeaderField("ETag");
        if (status < 0) {
            throw new IOException("the answer is not HTTP");
        }
        if (status >= HttpURLConnection.HTTP_BAD_REQUEST) {
            connection.disconnect();
            return new Answer(status, new byte[0], "");
        }
        try (InputStream stream = connection.getInputStream()) {
            byte[] answer = stream.readNBytes(limit + 1);
            if (answer.length > limit) {
                connection.disconnect();
            }
            return new Answer(status, answer, tag == null ? "" : tag);
        }
    }
}
