package dev.certfleet.agent.etcd;

import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.PlainHttp;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/** Fetches the CRL over plain HTTP, within one time limit and one size; what comes is not believed here. */
final class CrlSource {
    private final Duration timeout;

    CrlSource(Duration timeout) {
        this.timeout = timeout;
    }

    /** @param tag the entity tag; empty where the server gave none */
    record Fetched(byte[] body, String tag) {}

    /**
     * @param tag of the one that is here; empty for none
     * @return empty where that is still the newest
     */
    Optional<Fetched> fetch(URI url, String tag) throws IOException, InterruptedException {
        Map<String, String> headers = new HashMap<>(Map.of("Accept", "application/pkix-crl"));
        if (!tag.isEmpty()) {
            headers.put("If-None-Match", tag);
        }
        PlainHttp.Answer answer;
        try {
            // What is larger comes with one octet more, so that the check tells of the size.
            answer = PlainHttp.exchange(url, headers, null, CrlCheck.MAX_SIZE, timeout);
        } catch (TimeoutException e) {
            throw new IOException(url + " did not answer within " + timeout.toSeconds() + " s", e);
        } catch (IOException e) {
            throw new IOException(url + " cannot be fetched: " + Trouble.oneLine(String.valueOf(e)), e);
        }
        if (answer.status() == HttpURLConnection.HTTP_NOT_MODIFIED && !tag.isEmpty()) {
            return Optional.empty();
        }
        if (answer.status() != HttpURLConnection.HTTP_OK) {
            throw new IOException(url + " answered with HTTP status " + answer.status());
        }
        return Optional.of(new Fetched(answer.body(), answer.tag()));
    }
}
