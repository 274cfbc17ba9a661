package dev.certfleet.agent.server;

import dev.certfleet.pki.Certificates;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Whom the agent takes for its server. Both ways check the host name and leave the JDK's own authorities out. */
public sealed interface ServerTrust {

    /** For enrolment: one CA certificate is known by its fingerprint and nothing else. */
    record Pinned(String fingerprint) implements ServerTrust {}

    /** After enrolment: the authorities of the installation. */
    record Bundle(Set<X509Certificate> authorities) implements ServerTrust {
        public Bundle {
            authorities = Set.copyOf(authorities);
        }
    }

    /** The trust manager that decides so. */
    default X509ExtendedTrustManager manager() {
        return switch (this) {
            case Pinned(String fingerprint) -> new PinnedManager(fingerprint);
            case Bundle(Set<X509Certificate> authorities) -> pkix(authorities);
        };
    }

    private static X509ExtendedTrustManager pkix(Collection<X509Certificate> anchors) {
        try {
            KeyStore store = KeyStore.getInstance("JKS");
            store.load(null, null);
            int number = 0;
            for (X509Certificate anchor : anchors) {
                store.setCertificateEntry("authority-" + number++, anchor);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new IllegalStateException("the JDK cannot make a PKIX trust manager", e);
        }
    }

    /** Finds the pinned certificate in what the server sends and lets it be the only anchor. */
    final class PinnedManager extends X509ExtendedTrustManager {
        private final String fingerprint;

        PinnedManager(String fingerprint) {
            this.fingerprint = fingerprint;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            pkix(anchorIn(chain)).checkServerTrusted(chain, authType, socket);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            pkix(anchorIn(chain)).checkServerTrusted(chain, authType, engine);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("a connection without a host name cannot be checked");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("the agent is a client");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            throw new CertificateException("the agent is a client");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("the agent is a client");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }

        private Set<X509Certificate> anchorIn(X509Certificate[] chain) throws PinMismatch {
            return Arrays.stream(chain)
                    .filter(certificate -> certificate.getBasicConstraints() >= 0)
                    .filter(certificate -> Certificates.fingerprint(certificate).equals(fingerprint))
                    .findFirst()
                    .map(Set::of)
                    .orElseThrow(() -> new PinMismatch(fingerprint, chain));
        }
    }

    /** The server's chain lacks the pinned CA certificate. */
    final class PinMismatch extends CertificateException {
        private static final long serialVersionUID = 1L;

        PinMismatch(String fingerprint, X509Certificate[] chain) {
            super("the CA certificate pinned by sha256:" + fingerprint + " is not among those the server presents ("
                    + Arrays.stream(chain)
                            .filter(certificate -> certificate.getBasicConstraints() >= 0)
                            .map(certificate -> "sha256:" + Certificates.fingerprint(certificate))
                            .collect(Collectors.joining(", "))
                    + ")");
        }
    }
}
