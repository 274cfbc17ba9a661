package dev.certfleet.agent.component;

import dev.certfleet.agent.server.Credential;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** Shows one credential, or none, to whoever asks, and keeps which authorities were named in the question. */
final class ShownKeys extends X509ExtendedKeyManager {
    private static final String ALIAS = "own";

    private final Optional<Credential> own;
    private volatile List<X500Principal> issuers = List.of();

    ShownKeys(Optional<Credential> own) {
        this.own = own;
    }

    /** Empty before a handshake, and after one in which no certificate was asked for. */
    List<X500Principal> issuers() {
        return issuers;
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyTypes, Principal @Nullable [] named, @Nullable Socket socket) {
        List<X500Principal> names = new ArrayList<>();
        for (Principal issuer : named == null ? new Principal[0] : named) {
            if (issuer instanceof X500Principal name) {
                names.add(name);
            }
        }
        issuers = List.copyOf(names);
        return own.isPresent() ? ALIAS : null;
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
            String[] keyTypes, Principal @Nullable [] named, @Nullable SSLEngine engine) {
        return chooseClientAlias(keyTypes, named, null);
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] named) {
        return own.isPresent() ? new String[] {ALIAS} : null;
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        return own.map(credential -> credential.chain().toArray(X509Certificate[]::new))
                .orElse(null);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        return own.map(Credential::key).orElse(null);
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] named, @Nullable Socket socket) {
        return null;
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] named) {
        return null;
    }
}
