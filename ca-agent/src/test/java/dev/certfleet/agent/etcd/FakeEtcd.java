package dev.certfleet.agent.etcd;

import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.server.ServerTrust;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** What etcd does with a CRL: reads it once the handshake is over, and hangs up where it cannot or finds the serial in it. */
final class FakeEtcd implements AutoCloseable {
    private final SSLServerSocket socket;
    private volatile @Nullable Path crl;

    private FakeEtcd(SSLServerSocket socket, @Nullable Path crl) {
        this.socket = socket;
        this.crl = crl;
    }

    /** @param crl null for one that was started without the flag */
    static FakeEtcd start(int port, X509Certificate authority, Credential own, @Nullable Path crl)
            throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null, null);
        store.setKeyEntry("own", own.key(), new char[0], own.chain().toArray(Certificate[]::new));
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), new TrustManager[] {new ClientTrust(authority)}, null);
        SSLServerSocket socket =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
        socket.setNeedClientAuth(true);
        FakeEtcd etcd = new FakeEtcd(socket, crl);
        Thread.ofVirtual().start(etcd::accept);
        return etcd;
    }

    /** As if it had been started again with the flag. */
    void read(Path file) {
        crl = file;
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                SSLSocket client = (SSLSocket) socket.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(SSLSocket client) {
        try (client) {
            client.startHandshake();
            BigInteger serial = ((X509Certificate) client.getSession().getPeerCertificates()[0]).getSerialNumber();
            Path file = crl;
            if (file != null && isListed(file, serial)) {
                return;
            }
            if (client.getInputStream().read() >= 0) {
                client.getOutputStream()
                        .write("HTTP/1.1 200 OK\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            }
        } catch (IOException | GeneralSecurityException e) {
            // A client that went away, or a file that cannot be read: etcd hangs up on both.
        }
    }

    private static boolean isListed(Path file, BigInteger serial) throws IOException, GeneralSecurityException {
        try (var stream = Files.newInputStream(file)) {
            X509CRL list = (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(stream);
            return list.getRevokedCertificate(serial) != null;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** Takes what the authority signed. */
    private static final class ClientTrust extends javax.net.ssl.X509ExtendedTrustManager {
        private final javax.net.ssl.X509ExtendedTrustManager pkix;

        ClientTrust(X509Certificate authority) {
            this.pkix = new ServerTrust.Bundle(Set.of(authority)).manager();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            pkix.checkClientTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, java.net.Socket from)
                throws CertificateException {
            pkix.checkClientTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine)
                throws CertificateException {
            pkix.checkClientTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("a server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, java.net.Socket to)
                throws CertificateException {
            throw new CertificateException("a server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("a server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return pkix.getAcceptedIssuers();
        }
    }
}
