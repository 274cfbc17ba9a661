package dev.certfleet.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.server.Credential;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** A component of Kubernetes as far as TLS goes: presents the pair of the moment, asks for clients, answers one request. */
final class FakeComponent implements AutoCloseable {
    private final SSLServerSocket socket;
    private final List<Socket> open = new ArrayList<>();
    private final Supplier<List<X509Certificate>> authorities;

    volatile Supplier<Credential> serving;
    /** Whom it lets in. */
    volatile Predicate<X509Certificate> takes = client -> true;
    /** Takes connections and says nothing, as a stopped process does. */
    volatile boolean stopped;

    volatile int status = 201;
    volatile String body = "{}";
    volatile List<String> lastRequest = List.of();

    private FakeComponent(SSLServerSocket socket, Supplier<Credential> serving, Supplier<List<X509Certificate>> named) {
        this.socket = socket;
        this.serving = serving;
        this.authorities = named;
    }

    /**
     * @param serving asked at each handshake
     * @param authorities whose clients it says it takes
     */
    static FakeComponent start(int port, Supplier<Credential> serving, Supplier<List<X509Certificate>> authorities)
            throws IOException, GeneralSecurityException {
        Keys keys = new Keys();
        Clients clients = new Clients();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {keys}, new TrustManager[] {clients}, null);
        // A session that is resumed shows the old certificate.
        context.getServerSessionContext().setSessionCacheSize(1);
        SSLServerSocket socket =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
        socket.setWantClientAuth(true);
        FakeComponent component = new FakeComponent(socket, serving, authorities);
        keys.component = component;
        clients.component = component;
        Thread.ofVirtual().start(component::accept);
        return component;
    }

    /** What is in these files at the moment it is asked. */
    static Supplier<Credential> files(Path certificate, Path key) {
        return () -> {
            try {
                return new Credential(
                        PrivateKeys.decode(Files.readString(key, US_ASCII)),
                        Certificates.parse(Files.readString(certificate, US_ASCII)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (CertificateException e) {
                throw new IllegalStateException(e);
            }
        };
    }

    /** As a program that read the pair when it started. */
    void goesOnWithWhatItHas() {
        Credential now = serving.get();
        serving = () -> now;
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                SSLSocket client = (SSLSocket) socket.accept();
                if (stopped) {
                    open.add(client);
                } else {
                    Thread.ofVirtual().start(() -> serve(client));
                }
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(SSLSocket client) {
        try (client) {
            client.startHandshake();
            X509Certificate shown = shown(client);
            BufferedReader reader = new BufferedReader(new InputStreamReader(client.getInputStream(), UTF_8));
            List<String> request = new ArrayList<>();
            for (String line = reader.readLine(); line != null && !line.isEmpty(); line = reader.readLine()) {
                request.add(line);
            }
            if (request.isEmpty()) {
                return;
            }
            lastRequest = request;
            boolean taken = shown != null && takes.test(shown);
            String id = shown == null ? "" : Certificates.fingerprint(shown);
            byte[] text = (taken ? body.replace("%ID", id) : "{}").getBytes(UTF_8);
            client.getOutputStream()
                    .write(("HTTP/1.1 " + (taken ? status : 401) + " X\r\nConnection: close\r\nContent-Length: "
                                    + text.length + "\r\n\r\n")
                            .getBytes(US_ASCII));
            client.getOutputStream().write(text);
        } catch (IOException e) {
            // A client that went away.
        }
    }

    private static @Nullable X509Certificate shown(SSLSocket client) {
        try {
            return (X509Certificate) client.getSession().getPeerCertificates()[0];
        } catch (javax.net.ssl.SSLPeerUnverifiedException e) {
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket one : open) {
            one.close();
        }
    }

    private static final class Keys extends X509ExtendedKeyManager {
        private volatile @Nullable FakeComponent component;

        @Override
        public String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return "own";
        }

        @Override
        public String chooseEngineServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return "own";
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return credential().chain().toArray(X509Certificate[]::new);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return credential().key();
        }

        private Credential credential() {
            return java.util.Objects.requireNonNull(component).serving.get();
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return null;
        }

        @Override
        public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            return new String[] {"own"};
        }
    }

    /** Names its authorities and lets every certificate through TLS, as kube-apiserver does. */
    private static final class Clients extends X509ExtendedTrustManager {
        private volatile @Nullable FakeComponent component;

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            // Looked at later.
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket from) {
            // Looked at later.
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            // Looked at later.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("a server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket to) throws CertificateException {
            throw new CertificateException("a server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("a server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return java.util.Objects.requireNonNull(component).authorities.get().toArray(X509Certificate[]::new);
        }
    }
}
