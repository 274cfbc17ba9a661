package dev.certfleet.agent.server;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * A client certificate with its key.
 *
 * @param chain the certificate, then what it chains to as far as the server may need it
 */
public record Credential(PrivateKey key, List<X509Certificate> chain) {
    private static final String ALIAS = "node";

    public Credential {
        chain = List.copyOf(chain);
    }

    public X509Certificate certificate() {
        return chain.getFirst();
    }

    /** No part of the key gets into a log by accident. */
    @Override
    public String toString() {
        return "Credential[" + certificate().getSubjectX500Principal() + "]";
    }

    /** Presents this credential to every server that asks, whichever issuers it lists. */
    public X509ExtendedKeyManager manager() {
        return new X509ExtendedKeyManager() {
            @Override
            public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
                return ALIAS;
            }

            @Override
            public String chooseEngineClientAlias(String[] keyTypes, Principal[] issuers, SSLEngine engine) {
                return ALIAS;
            }

            @Override
            public String[] getClientAliases(String keyType, Principal[] issuers) {
                return new String[] {ALIAS};
            }

            @Override
            public X509Certificate[] getCertificateChain(String alias) {
                return chain.toArray(X509Certificate[]::new);
            }

            @Override
            public PrivateKey getPrivateKey(String alias) {
                return key;
            }

            @Override
            public @Nullable String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
                return null;
            }

            @Override
            public String @Nullable [] getServerAliases(String keyType, Principal[] issuers) {
                return null;
            }
        };
    }
}
