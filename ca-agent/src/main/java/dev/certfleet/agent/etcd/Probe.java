package dev.certfleet.agent.etcd;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.server.ServerTrust;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/**
 * Connects to a port of etcd with a client certificate and sees whether it is served. In TLS 1.3 the client's handshake is
 * over before the server has looked at its certificate (RFC 8446 section 4.4), and etcd looks at its CRL after that: so what
 * counts is whether anything is answered.
 */
public final class Probe {
    private static final String HTTP2 = "h2";
    /** The connection preface and an empty SETTINGS frame (RFC 9113 section 3.4). */
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(US_ASCII);

    private static final byte[] REQUEST =
            "GET /version HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\n\r\n".getBytes(US_ASCII);

    private final SecureRandom random;
    private final Duration timeout;

    public Probe(SecureRandom random, Duration timeout) {
        this.random = random;
        this.timeout = timeout;
    }

    /** What came of it. */
    public sealed interface Answer {
        /** It was served. */
        record Accepted() implements Answer {}

        /** The connection was made and ended by the other side without an answer. */
        record Refused() implements Answer {}

        /** Nobody listens on any of the addresses. */
        record NotListening() implements Answer {}

        /** Something else, from which nothing follows. */
        record Unclear(String what) implements Answer {}
    }

    /**
     * @param addresses tried in order until one takes the connection
     * @param authorities what etcd's own certificate has to chain to; its names are not looked at
     */
    public Answer ask(List<InetAddress> addresses, int port, Credential credential, List<X509Certificate> authorities) {
        for (InetAddress address : addresses) {
            Socket plain = new Socket();
            try {
                plain.connect(new InetSocketAddress(address, port), Math.toIntExact(timeout.toMillis()));
                plain.setSoTimeout(Math.toIntExact(timeout.toMillis()));
            } catch (IOException e) {
                close(plain);
                continue;
            }
            return ask(plain, address, port, context(credential, authorities));
        }
        return new Answer.NotListening();
    }

    private static Answer ask(Socket plain, InetAddress address, int port, SSLContext context) {
        boolean sent = false;
        try (plain;
                SSLSocket socket = (SSLSocket)
                        context.getSocketFactory().createSocket(plain, address.getHostAddress(), port, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {HTTP2});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            sent = true;
            socket.getOutputStream().write(HTTP2.equals(socket.getApplicationProtocol()) ? PREFACE : REQUEST);
            socket.getOutputStream().flush();
            return socket.getInputStream().read() < 0 ? new Answer.Refused() : new Answer.Accepted();
        } catch (SocketTimeoutException e) {
            return new Answer.Unclear("no answer in time");
        } catch (IOException e) {
            // An alert of the other side's, or a reset after the handshake; our own refusal of its certificate is
            // neither.
            String said = Trouble.oneLine(e);
            return sent || said.contains("Received fatal alert") ? new Answer.Refused() : new Answer.Unclear(said);
        }
    }

    private SSLContext context(Credential credential, List<X509Certificate> authorities) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    new KeyManager[] {credential.manager()},
                    new TrustManager[] {new ServerTrust.Bundle(Set.copyOf(authorities)).manager()},
                    random);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot make a TLS context", e);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It never was connected.
        }
    }
}
