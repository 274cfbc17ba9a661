package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import java.io.IOException;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** How kube-apiserver is reached with a published client certificate. The files are read again when they change. */
public final class ApiServerAccess {
    private final Path authority;
    private final Path certificate;
    private final Path key;
    private final SecureRandom random;
    private final AtomicReference<@Nullable State> state = new AtomicReference<>();

    /**
     * @param authority PEM of what its serving certificate chains to
     * @param certificate PEM of the client certificate to show
     */
    public ApiServerAccess(Path authority, Path certificate, Path key, SecureRandom random) {
        this.authority = authority;
        this.certificate = certificate;
        this.key = key;
        this.random = random;
    }

    /**
     * What one state of the files makes possible.
     *
     * @param shown fingerprint of the client certificate
     */
    public record State(List<byte[]> files, SSLContext context, TrustManager[] trust, String shown) {
        /** A connection that shows the client certificate, for JSON. */
        public HttpsURLConnection open(URI uri, int timeoutMillis) throws IOException {
            HttpsURLConnection connection = (HttpsURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
            connection.setSSLSocketFactory(context.getSocketFactory());
            connection.setConnectTimeout(timeoutMillis);
            connection.setReadTimeout(timeoutMillis);
            connection.setInstanceFollowRedirects(false);
            connection.setUseCaches(false);
            connection.setRequestProperty("Accept", "application/json");
            return connection;
        }
    }

    /**
     * As the files are.
     *
     * @throws IOException where they cannot be read, or do not belong together at the moment
     */
    public State now() throws IOException {
        List<byte[]> files =
                List.of(Files.readAllBytes(authority), Files.readAllBytes(certificate), Files.readAllBytes(key));
        State known = state.get();
        if (known != null && same(known.files(), files)) {
            return known;
        }
        try {
            List<X509Certificate> chain = Certificates.parse(new String(files.get(1), UTF_8));
            // In an older form where the pair is an adopted one
            PrivateKey own = PrivateKeys.decode(
                    new String(files.get(2), UTF_8), chain.getFirst().getPublicKey());
            if (!PrivateKeys.belongTogether(own, chain.getFirst().getPublicKey())) {
                throw new IOException(certificate + " and " + key + " do not belong together at the moment");
            }
            TrustManager[] trust = trust(Certificates.parse(new String(files.get(0), UTF_8)));
            State now = new State(
                    files, context(new Own(own, chain), trust), trust, Certificates.fingerprint(chain.getFirst()));
            state.set(now);
            return now;
        } catch (CertificateException | IllegalArgumentException e) {
            throw new IOException(certificate + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static boolean same(List<byte[]> some, List<byte[]> others) {
        for (int i = 0; i < some.size(); i++) {
            if (!Arrays.equals(some.get(i), others.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static TrustManager[] trust(List<X509Certificate> authorities) throws IOException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("authority-" + i, authorities.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            return factory.getTrustManagers();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has these", e);
        }
    }

    SSLContext context(KeyManager keys, TrustManager[] trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keys}, trust, random);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        }
    }

    /** Shows the node's own certificate to whoever asks. */
    private static final class Own extends AskedAuthorities {
        private static final String ALIAS = "own";

        private final PrivateKey own;
        private final List<X509Certificate> chain;

        Own(PrivateKey own, List<X509Certificate> chain) {
            this.own = own;
            this.chain = chain;
        }

        @Override
        public String chooseClientAlias(String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return ALIAS;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return chain.toArray(X509Certificate[]::new);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return own;
        }
    }
}
