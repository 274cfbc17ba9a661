package dev.certfleet.agent.gate;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.wire.Assignment;
import java.net.URI;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * The authorities that the gate answers for, by what the server assigns to this node.
 *
 * @param kubernetes ids of those that kube-apiserver asks its authorizers about; the others are accepted by file alone
 * @param elsewhere subjects of authorities whose certificates are nothing to kube-apiserver
 */
public record Issuers(Map<String, Issuer> byId, Set<String> kubernetes, Set<X500Principal> elsewhere) {
    /** What kube-apiserver's --client-ca-file holds. */
    private static final String CLIENTS = "clients";

    private static final String KUBERNETES = "kubernetes";
    private static final List<String> ELSEWHERE = List.of("etcd", "agents");

    public Issuers {
        byId = Map.copyOf(byId);
        kubernetes = Set.copyOf(kubernetes);
        elsewhere = Set.copyOf(elsewhere);
    }

    /** Before anything was assigned. */
    public static Issuers none() {
        return new Issuers(Map.of(), Set.of(), Set.of());
    }

    /**
     * The authorities in the bundles {@code kubernetes} and {@code clients}. An authority's responder is that of the bundle
     * of its own kind; for what is only in {@code clients} it is the one given there, or that of {@code kubernetes}.
     *
     * @throws IllegalArgumentException where a bundle or an address cannot be read
     */
    public static Issuers of(Assignment assignment) {
        Map<String, Issuer> found = new LinkedHashMap<>();
        add(found, assignment, KUBERNETES);
        Set<String> kubernetes = Set.copyOf(found.keySet());
        for (String bundle : assignment.bundles().keySet()) {
            if (!bundle.equals(CLIENTS) && !bundle.equals(KUBERNETES)) {
                addIfClient(found, assignment, bundle);
            }
        }
        add(found, assignment, CLIENTS);
        Set<X500Principal> elsewhere = ELSEWHERE.stream()
                .flatMap(bundle -> certificates(assignment, bundle).stream())
                .map(X509Certificate::getSubjectX500Principal)
                .collect(Collectors.toSet());
        return new Issuers(found, kubernetes, elsewhere);
    }

    /**
     * The authorities of one bundle, for who follows the feed for their sake alone.
     *
     * @throws IllegalArgumentException where the bundle or the responder's address cannot be read
     */
    public static Issuers only(Assignment assignment, String bundle) {
        Map<String, Issuer> found = new LinkedHashMap<>();
        add(found, assignment, bundle);
        return new Issuers(found, Set.of(), Set.of());
    }

    private static void add(Map<String, Issuer> found, Assignment assignment, String bundle) {
        responder(assignment, bundle).ifPresent(responder -> {
            for (X509Certificate certificate : certificates(assignment, bundle)) {
                Issuer issuer = Issuer.of(certificate, responder);
                found.putIfAbsent(issuer.id(), issuer);
            }
        });
    }

    private static void addIfClient(Map<String, Issuer> found, Assignment assignment, String bundle) {
        String url = assignment.statusUrls().get(bundle);
        if (url == null) {
            return;
        }
        List<X509Certificate> clients = certificates(assignment, CLIENTS);
        for (X509Certificate certificate : certificates(assignment, bundle)) {
            if (clients.contains(certificate)) {
                Issuer issuer = Issuer.of(certificate, URI.create(url));
                found.putIfAbsent(issuer.id(), issuer);
            }
        }
    }

    private static Optional<URI> responder(Assignment assignment, String bundle) {
        @Nullable String own = assignment.statusUrls().get(bundle);
        return Optional.ofNullable(own == null ? assignment.statusUrls().get(KUBERNETES) : own)
                .map(URI::create);
    }

    private static List<X509Certificate> certificates(Assignment assignment, String bundle) {
        String pem = assignment.bundles().get(bundle);
        if (pem == null || pem.isBlank()) {
            return List.of();
        }
        try {
            return Certificates.parse(pem);
        } catch (CertificateException e) {
            throw new IllegalArgumentException("the bundle '" + bundle + "' cannot be read: " + e.getMessage(), e);
        }
    }

    /** The authority that signed this certificate, found by checking the signature. */
    Optional<Issuer> of(X509Certificate leaf) {
        return byId.values().stream().filter(issuer -> issuer.issued(leaf)).findFirst();
    }

    Optional<Issuer> byId(String id) {
        return Optional.ofNullable(byId.get(id));
    }
}
