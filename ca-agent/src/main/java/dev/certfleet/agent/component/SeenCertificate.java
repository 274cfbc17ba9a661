package dev.certfleet.agent.component;

import dev.certfleet.agent.net.ClientTrustManager;
import java.net.Socket;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** Takes every server and keeps what it presented: for connections whose purpose is to see that. */
final class SeenCertificate extends ClientTrustManager {
    private volatile @Nullable X509Certificate leaf;

    @Nullable
    X509Certificate leaf() {
        return leaf;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {
        leaf = chain[0];
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {
        leaf = chain[0];
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
        leaf = chain[0];
    }
}
