package dev.certfleet.server.authority;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Pem;
import dev.certfleet.server.ledger.RevocableCertificates;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
        List<Authority> all = trusted(authorities.ofCluster(cluster));
        Map<String, String> bundles = new TreeMap<>();
        for (AuthorityKind kind : AuthorityKind.values()) {
            switch (kind) {
                case KUBERNETES, ETCD, FRONT_PROXY, AGENTS -> bundles.put(kind.label(), pem(of(all, kind)));
                case BREAK_GLASS -> {}
                case INSTALLATION -> bundles.put(kind.label(), installation());
            }
        }
        List<Authority> breakGlass = of(all, AuthorityKind.BREAK_GLASS).stream()
                .filter(authority -> certificates.anyInForceOf(authority.name()))
                .toList();
        bundles.put(
                CLIENTS,
                pem(Stream.concat(of(all, AuthorityKind.KUBERNETES).stream(), breakGlass.stream())
                        .toList()));
        return bundles;
    }

    /** The authorities that the server's own TLS certificate may chain to, PEM. */
    public String installation() {
        return pem(trusted(authorities.generations(null, AuthorityKind.INSTALLATION)));
    }

    private static List<Authority> trusted(List<Authority> authorities) {
        return authorities.stream()
                .filter(authority -> !authority.isWithdrawn())
                .toList();
    }

    private static List<Authority> of(List<Authority> authorities, AuthorityKind kind) {
        return authorities.stream()
                .filter(authority -> authority.kind() == kind)
                .toList();
    }

    /** What is trusted for these; two that are below one root may be trusted by the same certificate. */
    private static String pem(List<Authority> authorities) {
        return authorities.stream()
                .map(Authority::anchor)
                .map(anchor -> Pem.encode(Pem.CERTIFICATE, anchor))
                .distinct()
                .collect(Collectors.joining());
    }

    /** An authority's certificate, PEM. */
    public static String pem(Authority authority) {
        return Pem.encode(Pem.CERTIFICATE, authority.certificate());
    }

    /**
     * What belongs after a certificate that an authority issued, PEM: its own certificate, and those above it without the
     * root.
     */
    public static String chain(Authority authority) {
        List<byte[]> above = authority.issuers();
        return pem(authority)
                + above.stream()
                        .limit(Math.max(0, above.size() - 1))
                        .map(certificate -> Pem.encode(Pem.CERTIFICATE, certificate))
                        .collect(Collectors.joining());
    }
}
