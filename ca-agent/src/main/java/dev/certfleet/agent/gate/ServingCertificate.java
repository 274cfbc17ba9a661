package dev.certfleet.agent.gate;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** The gate's own key and certificate. Each handshake takes the pair of that moment, so that a new one needs no restart. */
public final class ServingCertificate {
    private static final String ALIAS = "gate";

    private final AtomicReference<@Nullable Pair> current = new AtomicReference<>();

    private record Pair(PrivateKey key, List<X509Certificate> chain) {}

    /**
     * Serves this pair from the next handshake on.
     *
     * @throws IllegalArgumentException where key and certificate do not belong together; what was served before stays
     */
    public void use(PrivateKey key, List<X509Certificate> chain) {
        if (chain.isEmpty() || !PrivateKeys.belongTogether(key, chain.getFirst().getPublicKey())) {
            throw new IllegalArgumentException("the gate's key and certificate do not belong together");
        }
        current.set(new Pair(key, List.copyOf(chain)));
    }

    /**
     * Serves the pair in these PEM files from the next handshake on.
     *
     * @throws IOException where they cannot be read or do not belong together; what was served before stays
     */
    public void use(Path certificate, Path key) throws IOException {
        try {
            use(PrivateKeys.decode(Files.readString(key)), Certificates.parse(Files.readString(certificate)));
        } catch (CertificateException | IllegalArgumentException e) {
            throw new IOException(certificate + " and " + key + " cannot be served: " + e.getMessage(), e);
        }
    }

    /** The certificate that is served. */
    public Optional<X509Certificate> certificate() {
        Pair pair = current.get();
        return pair == null ? Optional.empty() : Optional.of(pair.chain().getFirst());
    }

    Optional<Instant> end() {
        return certificate().map(certificate -> certificate.getNotAfter().toInstant());
    }

    SSLContext context(SecureRandom random) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {new Manager()}, new TrustManager[0], random);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        }
    }

    private final class Manager extends X509ExtendedKeyManager {
        private @Nullable String alias(String keyType) {
            Pair pair = current.get();
            return pair != null && matches(keyType, pair.key().getAlgorithm()) ? ALIAS : null;
        }

        private static boolean matches(String keyType, String algorithm) {
            return keyType.equals(algorithm) || (keyType.equals("EdDSA") && algorithm.equals("Ed25519"));
        }

        @Override
        public @Nullable String chooseEngineServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return alias(keyType);
        }

        @Override
        public @Nullable String chooseServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return alias(keyType);
        }

        @Override
        public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            String alias = alias(keyType);
            return alias == null ? null : new String[] {alias};
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            Pair pair = current.get();
            return pair == null ? null : pair.chain().toArray(new X509Certificate[0]);
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            Pair pair = current.get();
            return pair == null ? null : pair.key();
        }

        @Override
        public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return null;
        }
    }
}
