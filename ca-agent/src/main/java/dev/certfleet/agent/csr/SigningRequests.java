package dev.certfleet.agent.csr;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.gate.ApiServerAccess;
import dev.certfleet.agent.gate.LocalApiServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/** The CertificateSigningRequests of this node's kube-apiserver ({@code certificates.k8s.io/v1}). */
public final class SigningRequests {
    private static final String PATH = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int PAGE = 50;
    private static final int LARGEST_ANSWER = 16 << 20;
    private static final int LONGEST_EVENT = 1 << 20;
    private static final int LONGEST_PROBLEM = 500;

    private final LocalApiServer.Address address;
    private final ApiServerAccess access;

    public SigningRequests(LocalApiServer.Address address, ApiServerAccess access) {
        this.address = address;
        this.access = access;
    }

    /** Takes each of them. */
    interface Each {
        void take(SigningRequest request) throws IOException, InterruptedException;
    }

    /** kube-apiserver understood and said no. */
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;

        private final int status;

        RefusedException(int status, String message) {
            super(message);
            this.status = status;
        }

        int status() {
            return status;
        }

        /** Whether somebody was quicker: it changed meanwhile, or is gone. */
        boolean isOvertaken() {
            return status == 409 || status == 404;
        }

        boolean isNotPermitted() {
            return status == 401 || status == 403;
        }
    }

    /** All that there are. @return what {@link #watch} begins after */
    String list(Each each) throws IOException, InterruptedException {
        String next = "";
        String version;
        do {
            Map<String, Object> page =
                    get(PATH + "?limit=" + PAGE + (next.isEmpty() ? "" : "&continue=" + encoded(next)));
            Map<?, ?> metadata = SigningRequest.map(page.get("metadata"));
            version = SigningRequest.text(metadata.get("resourceVersion"));
            next = SigningRequest.text(metadata.get("continue"));
            if (page.get("items") instanceof List<?> items) {
                for (Object item : items) {
                    each.take(request(item));
                }
            }
        } while (!next.isEmpty());
        return version;
    }

    /** Those that are made or change, as it happens; ends after {@code longest}, or earlier. */
    void watch(String after, Duration longest, Each each) throws IOException, InterruptedException {
        HttpsURLConnection connection = open(
                PATH + "?watch=true&allowWatchBookmarks=false&resourceVersion=" + encoded(after) + "&timeoutSeconds="
                        + longest.toSeconds(),
                longest.plus(TIMEOUT));
        try (InputStream stream = answered(connection);
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, UTF_8))) {
            for (Optional<String> line = line(lines); line.isPresent(); line = line(lines)) {
                Map<String, Object> event = parse(line.get().getBytes(UTF_8));
                String type = SigningRequest.text(event.get("type"));
                if (type.equals("ERROR")) {
                    return;
                }
                if (type.equals("ADDED") || type.equals("MODIFIED")) {
                    each.take(request(event.get("object")));
                }
            }
        } finally {
            connection.disconnect();
        }
    }

    SigningRequest approve(SigningRequest request, String reason, String message) throws IOException {
        return put(request, "approval", request.with("Approved", reason, message));
    }

    SigningRequest deny(SigningRequest request, String reason, String message) throws IOException {
        return put(request, "approval", request.with("Denied", reason, message));
    }

    SigningRequest fail(SigningRequest request, String reason, String message) throws IOException {
        return put(request, "status", request.with("Failed", reason, message));
    }

    SigningRequest sign(SigningRequest request, String certificate) throws IOException {
        return put(request, "status", request.with(certificate));
    }

    private SigningRequest put(SigningRequest request, String subresource, Map<String, Object> whole)
            throws IOException {
        HttpsURLConnection connection = open(PATH + "/" + encoded(request.name()) + "/" + subresource, TIMEOUT);
        connection.setRequestMethod("PUT");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setDoOutput(true);
        try (var output = connection.getOutputStream()) {
            output.write(JSON.std.asString(whole).getBytes(UTF_8));
        }
        try (InputStream stream = answered(connection)) {
            return request(parse(stream.readNBytes(LARGEST_ANSWER)));
        }
    }

    private Map<String, Object> get(String path) throws IOException {
        try (InputStream stream = answered(open(path, TIMEOUT))) {
            return parse(stream.readNBytes(LARGEST_ANSWER));
        }
    }

    private HttpsURLConnection open(String path, Duration timeout) throws IOException {
        return access.now().open(URI.create(address.get() + path), Math.toIntExact(timeout.toMillis()));
    }

    private static InputStream answered(HttpsURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        if (status / 100 == 2) {
            return connection.getInputStream();
        }
        try (InputStream stream = connection.getErrorStream()) {
            byte[] body = stream == null ? new byte[0] : stream.readNBytes(LARGEST_ANSWER);
            throw new RefusedException(status, "kube-apiserver answers with status " + status + why(body));
        }
    }

    /** What a {@code Status} object says. */
    private static String why(byte[] body) {
        try {
            String message = SigningRequest.text(parse(body).get("message")).replaceAll("\\p{Cntrl}", " ");
            return message.isEmpty() ? "" : ": " + message.substring(0, Math.min(message.length(), LONGEST_PROBLEM));
        } catch (IOException e) {
            return "";
        }
    }

    /** One that is too long is none of what is awaited here, and ends it. */
    private static Optional<String> line(BufferedReader lines) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = lines.read(); c >= 0; c = lines.read()) {
            if (c == '\n') {
                return Optional.of(line.toString());
            }
            if (line.length() >= LONGEST_EVENT) {
                throw new IOException("kube-apiserver sends an event of more than " + LONGEST_EVENT + " characters");
            }
            line.append((char) c);
        }
        return Optional.empty();
    }

    private static SigningRequest request(@Nullable Object value) throws IOException {
        Map<String, Object> object = new LinkedHashMap<>();
        SigningRequest.map(value).forEach((key, field) -> object.put(String.valueOf(key), field));
        return new SigningRequest(object);
    }

    private static Map<String, Object> parse(byte[] body) throws IOException {
        try {
            Map<String, Object> parsed = JSON.std.mapFrom(body);
            if (parsed == null) {
                throw new IOException("kube-apiserver answers with nothing");
            }
            return parsed;
        } catch (JacksonException e) {
            throw new IOException("kube-apiserver's answer is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }
}
