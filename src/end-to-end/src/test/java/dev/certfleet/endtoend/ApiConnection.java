package dev.certfleet.endtoend;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLSocket;

/**
 * One HTTP/1.1 connection over TLS, as bare as it can be: nothing is retried, no connection is made behind the caller's back,
 * so that every fault of the server is seen.
 */
final class ApiConnection implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** What the server answered. */
    record Response(int status, String body) {}

    private final SSLSocket socket;
    private final InputStream in;
    private final String host;

    private ApiConnection(SSLSocket socket, String host) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        this.host = host;
    }

    /** Makes the connection with a full handshake; the server's certificate must be for that address. */
    static ApiConnection open(String address, int port, ClientIdentity identity) throws IOException {
        var socket = (SSLSocket) identity.freshContext().getSocketFactory().createSocket();
        try {
            var parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setApplicationProtocols(new String[] {"http/1.1"});
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
            socket.setTcpNoDelay(true);
            socket.connect(new java.net.InetSocketAddress(address, port), Math.toIntExact(PATIENCE.toMillis()));
            socket.startHandshake();
            return new ApiConnection(socket, address + ":" + port);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The certificate that the server showed on this connection. */
    X509Certificate serverCertificate() throws IOException {
        return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }

    Response get(String path) throws IOException {
        send("GET", path, "", "");
        return read();
    }

    Response post(String path, String json) throws IOException {
        send("POST", path, "application/json", json);
        return read();
    }

    /** A JSON merge patch. */
    Response patch(String path, String json) throws IOException {
        send("PATCH", path, "application/merge-patch+json", json);
        return read();
    }

    /** Sends a request for a stream that has no end; its parts are then {@link #nextPart() read} one by one. */
    void openStream(String path) throws IOException {
        send("GET", path, "", "");
        int status = readStatus();
        if (status != 200) {
            throw new IOException("status " + status + ": " + readBody(readHeaders()));
        }
        readHeaders();
    }

    /** The next part of the stream. */
    String nextPart() throws IOException {
        return readChunk();
    }

    private void send(String method, String path, String type, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        var head = method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAccept: application/json\r\n"
                + (type.isEmpty() ? "" : "Content-Type: " + type + "\r\nContent-Length: " + bytes.length + "\r\n")
                + "\r\n";
        var out = socket.getOutputStream();
        var all = new java.io.ByteArrayOutputStream();
        all.write(head.getBytes(StandardCharsets.US_ASCII));
        all.write(bytes);
        out.write(all.toByteArray());
        out.flush();
    }

    private Response read() throws IOException {
        int status = readStatus();
        return new Response(status, readBody(readHeaders()));
    }

    private int readStatus() throws IOException {
        var parts = readLine().split(" ", 3);
        return Integer.parseInt(parts[1]);
    }

    private Map<String, String> readHeaders() throws IOException {
        var headers = new HashMap<String, String>();
        for (var line = readLine(); !line.isEmpty(); line = readLine()) {
            var parts = line.split(":", 2);
            headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1].strip());
        }
        return headers;
    }

    private String readBody(Map<String, String> headers) throws IOException {
        if ("chunked".equals(headers.get("transfer-encoding"))) {
            var body = new StringBuilder();
            for (var chunk = readChunk(); !chunk.isEmpty(); chunk = readChunk()) {
                body.append(chunk);
            }
            return body.toString();
        }
        return readExactly(Integer.parseInt(headers.getOrDefault("content-length", "0")));
    }

    private String readChunk() throws IOException {
        int length = Integer.parseInt(readLine(), 16);
        var chunk = readExactly(length);
        readLine();
        return chunk;
    }

    private String readExactly(int length) throws IOException {
        var bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the server closed the connection in the middle of an answer");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private String readLine() throws IOException {
        var line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the server closed the connection");
            }
            line.append((char) b);
        }
        return line.toString().strip();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
