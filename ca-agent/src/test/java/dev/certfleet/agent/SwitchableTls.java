package dev.certfleet.agent;

import dev.certfleet.agent.server.Credential;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** A server's TLS whose certificate can be changed; it lets every client certificate pass, expired or not. */
final class SwitchableTls {
    private volatile @Nullable Credential shown;

    void show(PrivateKey key, List<X509Certificate> chain) {
        shown = new Credential(key, chain);
    }

    /** What is shown now. */
    X509Certificate shown() {
        return present().certificate();
    }

    private Credential present() {
        return Objects.requireNonNull(shown);
    }

    SSLContext context() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new Present()}, new TrustManager[] {new TakesAll()}, null);
        // Else a client would resume a session and not look at what is shown now.
        context.getServerSessionContext().setSessionTimeout(1);
        return context;
    }

    private final class Present extends X509ExtendedKeyManager {
        @Override
        public @Nullable String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public String @Nullable [] getClientAliases(String type, Principal[] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return "EC".equals(type) ? "shown" : null;
        }

        @Override
        public @Nullable String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
            return "EC".equals(type) ? "shown" : null;
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return new String[] {"shown"};
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return present().chain().toArray(X509Certificate[]::new);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return present().key();
        }
    }

    /** The server looks clients up by fingerprint; TLS lets every certificate pass. */
    private static final class TakesAll implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            // Looked up by fingerprint.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("a server has no servers");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
