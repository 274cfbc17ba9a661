package dev.certfleet.server.authority;

import dev.certfleet.pki.AuthorityKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A CA of a cluster that is there already, as somebody hands it in.
 *
 * @param kind {@code kubernetes}, {@code etcd} or {@code front-proxy}
 * @param chain its certificate, DER, and where it has not signed itself those up to the one that has
 * @param key PEM; null where the CA is only to be trusted until what it issued is replaced
 */
public record ImportedAuthority(
        AuthorityKind kind, List<byte[]> chain, @Nullable String key) {
    /** @throws IllegalArgumentException where there is no certificate */
    public ImportedAuthority {
        chain = List.copyOf(chain);
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("a CA has a certificate");
        }
    }

    /** Its own certificate. */
    byte[] certificate() {
        return chain.getFirst();
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "imported authority " + kind.label();
    }
}
