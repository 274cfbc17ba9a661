package dev.certfleet.agent.identity;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.settings.DocumentSettings;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where this machine's signed identity document comes from: a file, or the cloud's metadata server. */
public final class DocumentSource {
    private static final int LONGEST = 16 * 1024;
    private static final int PATIENCE_MS = 10_000;

    private final DocumentSettings settings;

    public DocumentSource(DocumentSettings settings) {
        this.settings = settings;
    }

    /**
     * @param nonce goes into the URL where it asks for one, and so into the document
     * @throws IOException where there is none, or it is not like one; the message never holds it
     */
    String fetch(String nonce) throws IOException {
        String source = settings.file()
                .map(Path::toString)
                .orElseGet(() -> settings.url().orElseThrow());
        byte[] read;
        try {
            read = settings.file().isPresent() ? file(settings.file().get()) : download(nonce);
        } catch (IOException e) {
            throw new IOException(
                    "cannot get this machine's identity document from " + source + ": " + Trouble.oneLine(e), e);
        }
        String document = new String(read, UTF_8).strip();
        if (!document.matches("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+")) {
            throw new IOException("what " + source + " gives is no signed document (a JWT in compact serialization)");
        }
        return document;
    }

    private static byte[] file(Path file) throws IOException {
        try (InputStream stream = Files.newInputStream(file)) {
            return bounded(stream);
        }
    }

    /** Not by a proxy, and not where a redirection leads: a metadata server is on this machine's own link. */
    private byte[] download(String nonce) throws IOException {
        URL url = URI.create(settings.url().orElseThrow().replace(DocumentSettings.NONCE, nonce))
                .toURL();
        HttpURLConnection connection = (HttpURLConnection) url.openConnection(Proxy.NO_PROXY);
        connection.setConnectTimeout(PATIENCE_MS);
        connection.setReadTimeout(PATIENCE_MS);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        settings.headers().forEach(connection::setRequestProperty);
        int status = connection.getResponseCode();
        if (status != HttpURLConnection.HTTP_OK) {
            throw new IOException("it answers with status " + status);
        }
        try (InputStream stream = connection.getInputStream()) {
            return bounded(stream);
        }
    }

    private static byte[] bounded(InputStream stream) throws IOException {
        byte[] read = stream.readNBytes(LONGEST + 1);
        if (read.length > LONGEST) {
            throw new IOException("it holds more than a document");
        }
        return read;
    }
}
