package dev.certfleet.agent.component;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.server.ServerTrust;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** One HTTP request to a component over a connection of its own. */
final class HttpsCall {
    private static final int LARGEST_ANSWER = 1 << 16;

    private final SecureRandom random;
    private final Duration timeout;

    HttpsCall(SecureRandom random, Duration timeout) {
        this.random = random;
        this.timeout = timeout;
    }

    record Answer(int status, String body) {}

    /**
     * @param own the client certificate to show
     * @param trusted what the server's certificate has to chain to, for the URL's host; empty takes every server, for
     *     requests that say nothing
     * @param body JSON; null for a GET
     */
    Answer send(
            URI uri,
            Optional<Credential> own,
            Optional<Set<X509Certificate>> trusted,
            Map<String, String> headers,
            @Nullable String body)
            throws IOException {
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
        if (connection instanceof HttpsURLConnection secured) {
            secured.setSSLSocketFactory(context(own, trusted).getSocketFactory());
            if (trusted.isEmpty()) {
                secured.setHostnameVerifier((host, session) -> true);
            }
        }
        connection.setConnectTimeout(Math.toIntExact(timeout.toMillis()));
        connection.setReadTimeout(Math.toIntExact(timeout.toMillis()));
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestProperty("Accept", "application/json");
        connection.setRequestProperty("Connection", "close");
        headers.forEach(connection::setRequestProperty);
        if (body != null) {
            connection.setRequestMethod("POST");
            connection.setRequestProperty("Content-Type", "application/json");
            connection.setDoOutput(true);
            try (var output = connection.getOutputStream()) {
                output.write(body.getBytes(UTF_8));
            }
        }
        int status = connection.getResponseCode();
        try (InputStream stream = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            return new Answer(status, stream == null ? "" : new String(stream.readNBytes(LARGEST_ANSWER), UTF_8));
        } finally {
            connection.disconnect();
        }
    }

    private SSLContext context(Optional<Credential> own, Optional<Set<X509Certificate>> trusted) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            TrustManager trust =
                    trusted.isPresent() ? new ServerTrust.Bundle(trusted.get()).manager() : new SeenCertificate();
            context.init(new KeyManager[] {new ShownKeys(own)}, new TrustManager[] {trust}, random);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot make a TLS context", e);
        }
    }
}
