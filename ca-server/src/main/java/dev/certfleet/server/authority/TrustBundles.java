package dev.certfleet.server.authority;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Pem;
import dev.certfleet.server.ledger.RevocableCertificates;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;

/**
 * Which CA certificates the components of a cluster have to trust. The break-glass authority is among those that
 * kube-apiserver takes client certificates from only while such a certificate is alive: nobody can use what nobody asked
 * for. An authority that was withdrawn is in none.
 */
@Component
public class TrustBundles {
    /** What kube-apiserver takes client certificates from. */
    public static final String CLIENTS = "clients";

    private final Authorities authorities;
    private final RevocableCertificates certificates;

    TrustBundles(Authorities authorities, RevocableCertificates certificates) {
        this.authorities = authorities;
        this.certificates = certificates;
    }

    /** PEM by name of the bundle: one for each kind of authority but break-glass, {@code clients}, {@code installation}. */
    public Map<String, String> of(String cluster) {
        List<Authority> all = authorities.ofCluster(cluster).stream()
                .filter(authority -> !authority.isWithdrawn())
                .toList();
        Map<String, String> bundles = new TreeMap<>();
        for (AuthorityKind kind : AuthorityKind.values()) {
            switch (kind) {
                case KUBERNETES, ETCD, FRONT_PROXY, AGENTS -> bundles.put(kind.label(), pem(all, List.of(kind)));
                case BREAK_GLASS -> {}
                case INSTALLATION -> bundles.put(kind.label(), installation());
            }
        }
        List<Authority> breakGlass = all.stream()
                .filter(authority -> authority.kind() == AuthorityKind.BREAK_GLASS)
                .filter(authority -> certificates.anyInForceOf(authority.name()))
                .toList();
        bundles.put(
                CLIENTS,
                pem(all, List.of(AuthorityKind.KUBERNETES)) + pem(breakGlass, List.of(AuthorityKind.BREAK_GLASS)));
        return bundles;
    }

    /** The authorities that the server's own TLS certificate may chain to, PEM. */
    public String installation() {
        return authorities.active(null, AuthorityKind.INSTALLATION).stream()
                .map(TrustBundles::pem)
                .collect(Collectors.joining());
    }

    private static String pem(List<Authority> authorities, List<AuthorityKind> kinds) {
        return kinds.stream()
                .flatMap(kind -> authorities.stream().filter(authority -> authority.kind() == kind))
                .map(TrustBundles::pem)
                .collect(Collectors.joining());
    }

    /** An authority's certificate, PEM. */
    public static String pem(Authority authority) {
        return Pem.encode(Pem.CERTIFICATE, authority.certificate());
    }
}
