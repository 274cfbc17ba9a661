package dev.certfleet.agent.component;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.server.Credential;
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
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * One TLS handshake with a component, to see what it presents and whose clients it would take. Nothing is sent over the
 * connection, so that it is no matter who is at the other end.
 */
public final class Handshake {
    private final SecureRandom random;
    private final Duration timeout;

    public Handshake(SecureRandom random, Duration timeout) {
        this.random = random;
        this.timeout = timeout;
    }

    /** What came of it. */
    public sealed interface Outcome {
        /** Nobody listens on any of the addresses. */
        record NotListening() implements Outcome {}

        /** Somebody listens, and there was no handshake. */
        record Broken(String what) implements Outcome {}

        /**
         * @param presented the certificate, whose key the other side has
         * @param accepts the authorities that the other side names for client certificates; empty where it asks for none
         */
        record Done(X509Certificate presented, List<X500Principal> accepts) implements Outcome {}
    }

    /**
     * @param addresses tried in order until one takes the connection
     * @param own what to show where the other side asks for a certificate
     */
    public Outcome with(List<InetAddress> addresses, int port, Optional<Credential> own) {
        for (InetAddress address : addresses) {
            Socket plain = new Socket();
            try {
                plain.connect(new InetSocketAddress(address, port), Math.toIntExact(timeout.toMillis()));
                plain.setSoTimeout(Math.toIntExact(timeout.toMillis()));
            } catch (IOException e) {
                close(plain);
                continue;
            }
            return shake(plain, address, port, own);
        }
        return new Outcome.NotListening();
    }

    private Outcome shake(Socket plain, InetAddress address, int port, Optional<Credential> own) {
        ShownKeys keys = new ShownKeys(own);
        SeenCertificate seen = new SeenCertificate();
        try (plain;
                SSLSocket socket = (SSLSocket) context(keys, seen)
                        .getSocketFactory()
                        .createSocket(plain, address.getHostAddress(), port, true)) {
            socket.startHandshake();
        } catch (SocketTimeoutException e) {
            return new Outcome.Broken("it does not answer");
        } catch (IOException e) {
            // An alert after its certificate: it wants another of ours, and has shown its own.
            if (seen.leaf() == null || !Trouble.oneLine(e).contains("Received fatal alert")) {
                return new Outcome.Broken(Trouble.oneLine(e));
            }
        }
        @Nullable X509Certificate leaf = seen.leaf();
        return leaf == null ? new Outcome.Broken("it presents no certificate") : new Outcome.Done(leaf, keys.issuers());
    }

    private SSLContext context(KeyManager keys, TrustManager trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keys}, new TrustManager[] {trust}, random);
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
