package dev.certfleet.server.adoption;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.enrolment.Node;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.ledger.NewCertificate;
import dev.certfleet.server.x509.Holder;
import dev.certfleet.server.x509.KeyRules;
import dev.certfleet.server.x509.Profiles;
import dev.certfleet.server.x509.Purpose;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Tells which profile a certificate is of that certfleet did not issue, by its authority, common name and purposes. What fits
 * none, and administrators' certificates in {@code system:masters}, which are of no profile of an authority {@code kubernetes},
 * is {@value NewCertificate#ADOPTED}.
 */
@Component
class NameProfile {
    private static final String MASTERS = "system:masters";
    private static final String KUBELET = "system:node:";

    private final Nodes nodes;
    private final Profiles profiles;

    NameProfile(Nodes nodes, KeyRules keyRules) {
        this.nodes = nodes;
        this.profiles = new Profiles(keyRules, null);
    }

    /** @param profile a profile's label, or {@value NewCertificate#ADOPTED} */
    record Named(String profile, @Nullable String node) {}

    Named of(Cluster cluster, AuthorityKind authority, X509CertificateHolder certificate, Found found) {
        Optional<ProfileName> claimed = Optional.ofNullable(found.profile());
        Stream<ProfileName> candidates = claimed.isPresent() ? claimed.stream() : Stream.of(ProfileName.values());
        String holder = found.node() == null ? kubeletOf(certificate) : found.node();
        return candidates
                .filter(profile -> profile.authority() == authority && profile != ProfileName.ETCD_CANARY)
                .filter(profile -> !profile.isByCsr())
                .filter(profile -> claimed.isPresent() || isToldByItself(profile))
                .map(profile -> fitting(cluster, profile, certificate, holder))
                .flatMap(Optional::stream)
                .findFirst()
                .orElseGet(() -> new Named(NewCertificate.ADOPTED, null));
    }

    /** etcd's server and peer certificates are alike but for the file that they are in. */
    private static boolean isToldByItself(ProfileName profile) {
        return profile != ProfileName.ETCD_SERVER && profile != ProfileName.ETCD_PEER;
    }

    private Optional<Named> fitting(
            Cluster cluster, ProfileName profile, X509CertificateHolder certificate, @Nullable String node) {
        Optional<Holder> holder = holder(cluster, profile, node);
        boolean fits = holder.isPresent()
                && List.of(profiles.expectedNames(profile, holder.get()).commonName())
                        .equals(texts(certificate, BCStyle.CN))
                && isFor(certificate, profiles.purposes(profile))
                && !(profile.holder() == ProfileName.Holder.CLUSTER && isSystemMasters(certificate));
        return fits
                ? Optional.of(new Named(profile.label(), profile.holder() == ProfileName.Holder.NODE ? node : null))
                : Optional.empty();
    }

    private Optional<Holder> holder(Cluster cluster, ProfileName profile, @Nullable String node) {
        return switch (profile.holder()) {
            case CLUSTER -> Optional.of(new Holder.ClusterUser(cluster.facts()));
            case INSTALLATION -> Optional.empty();
            case NODE ->
                Optional.ofNullable(node)
                        .flatMap(name -> nodes.named(cluster.name(), name))
                        .map(Node::facts)
                        .map(facts -> new Holder.Node(cluster.facts(), facts));
        };
    }

    private static @Nullable String kubeletOf(X509CertificateHolder certificate) {
        return texts(certificate, BCStyle.CN).stream()
                .filter(name -> name.startsWith(KUBELET))
                .map(name -> name.substring(KUBELET.length()))
                .findFirst()
                .orElse(null);
    }

    static boolean isSystemMasters(X509CertificateHolder certificate) {
        return texts(certificate, BCStyle.O).contains(MASTERS);
    }

    private static boolean isFor(X509CertificateHolder certificate, Set<Purpose> purposes) {
        ExtendedKeyUsage usage = ExtendedKeyUsage.fromExtensions(certificate.getExtensions());
        return usage != null && purposes.stream().allMatch(purpose -> usage.hasKeyPurposeId(purpose.id()));
    }

    private static List<String> texts(X509CertificateHolder certificate, ASN1ObjectIdentifier type) {
        return Stream.of(certificate.getSubject().getRDNs(type))
                .map(rdn -> rdn.getFirst().getValue())
                .filter(ASN1String.class::isInstance)
                .map(value -> ((ASN1String) value).getString())
                .toList();
    }
}
