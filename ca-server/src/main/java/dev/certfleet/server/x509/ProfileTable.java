package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.ProfileName;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * All leaf profiles. Subjects, usages and names are those of a kubeadm control plane (Kubernetes 1.34); lifetimes are
 * certfleet's own, shorter, as it renews by itself.
 */
final class ProfileTable {
    private static final Duration LEAF = Duration.ofDays(30);
    private static final Duration BREAK_GLASS = Duration.ofHours(8);
    private static final Duration SERVER_TLS = Duration.ofDays(90);
    private static final Duration OPERATOR = Duration.ofDays(365);

    private static final Set<KeyAlgorithm> ANY_KEY = EnumSet.complementOf(EnumSet.of(KeyAlgorithm.RSA2048));

    /** No browser takes Ed25519 certificates. */
    private static final Set<KeyAlgorithm> BROWSER_KEY =
            EnumSet.complementOf(EnumSet.of(KeyAlgorithm.ED25519, KeyAlgorithm.RSA2048));

    private static final Map<ProfileName, Profile> ALL = all();

    private ProfileTable() {}

    static Profile of(ProfileName name) {
        Profile profile = ALL.get(name);
        if (profile == null) {
            throw new IllegalStateException("no profile " + name);
        }
        return profile;
    }

    private static Map<ProfileName, Profile> all() {
        Map<ProfileName, Profile> all = new EnumMap<>(ProfileName.class);
        for (ProfileName name : ProfileName.values()) {
            all.put(name, define(name));
        }
        return all;
    }

    private static Profile define(ProfileName name) {
        return switch (name) {
            case KUBE_APISERVER -> server(name, fixed("kube-apiserver"), NodeNames::ofApiServer);
            case KUBE_APISERVER_KUBELET_CLIENT ->
                client(name, fixed("kube-apiserver-kubelet-client", "kubeadm:cluster-admins"));
            case KUBE_APISERVER_ETCD_CLIENT -> client(name, fixed("kube-apiserver-etcd-client"));
            case FRONT_PROXY_CLIENT -> client(name, fixed("front-proxy-client"));
            case ETCD_SERVER, ETCD_PEER ->
                leaf(name, EnumSet.of(Purpose.SERVER, Purpose.CLIENT), ofNode(""), NodeNames::ofEtcd);
            case ETCD_HEALTHCHECK_CLIENT -> client(name, fixed("kube-etcd-healthcheck-client"));
            case ETCD_CANARY -> client(name, fixed("certfleet-etcd-canary"));
            case KUBE_CONTROLLER_MANAGER -> client(name, fixed("system:kube-controller-manager"));
            case KUBE_SCHEDULER -> client(name, fixed("system:kube-scheduler"));
            case CSR_SIGNER -> client(name, fixed("certfleet:csr-signer"));
            case CSR_CLIENT -> client(name, holder -> ((Holder.NamedUser) holder).subject());
            case KUBELET_CLIENT, CSR_KUBELET_CLIENT -> client(name, ofNode("system:node:", "system:nodes"));
            case KUBELET_SERVING, CSR_KUBELET_SERVING ->
                server(name, ofNode("system:node:", "system:nodes"), NodeNames::ofKubelet);
            case KUBE_PROXY -> client(name, fixed("system:kube-proxy"));
            case REVOCATION_GATE -> server(name, fixed("certfleet-revocation-gate"), NodeNames::ofLoopback);
            case NODE_IDENTITY -> client(name, ProfileTable::nodeIdentity);
            case ADMIN_KUBECONFIG, KUBERNETES_ADMIN ->
                client(name, fixed("kubernetes-admin", "kubeadm:cluster-admins"));
            case KUBERNETES_SUPER_ADMIN ->
                profile(
                        name,
                        EnumSet.of(Purpose.CLIENT),
                        BREAK_GLASS,
                        ANY_KEY,
                        fixed("kubernetes-super-admin", "system:masters"),
                        ProfileTable::noNames);
            case SERVER_TLS ->
                profile(
                        name,
                        EnumSet.of(Purpose.SERVER),
                        SERVER_TLS,
                        BROWSER_KEY,
                        ProfileTable::installation,
                        holder -> ((Holder.Installation) holder).names());
            case OPERATOR ->
                profile(
                        name,
                        EnumSet.of(Purpose.CLIENT),
                        OPERATOR,
                        BROWSER_KEY,
                        ProfileTable::installation,
                        ProfileTable::noNames);
        };
    }

    private static Profile client(ProfileName name, Function<Holder, Subject> subject) {
        return leaf(name, EnumSet.of(Purpose.CLIENT), subject, ProfileTable::noNames);
    }

    private static Profile server(
            ProfileName name, Function<Holder, Subject> subject, Function<Holder, SubjectAlternativeNames> names) {
        return leaf(name, EnumSet.of(Purpose.SERVER), subject, names);
    }

    private static Profile leaf(
            ProfileName name,
            Set<Purpose> purposes,
            Function<Holder, Subject> subject,
            Function<Holder, SubjectAlternativeNames> names) {
        return profile(name, purposes, LEAF, ANY_KEY, subject, names);
    }

    private static Profile profile(
            ProfileName name,
            Set<Purpose> purposes,
            Duration lifetime,
            Set<KeyAlgorithm> keys,
            Function<Holder, Subject> subject,
            Function<Holder, SubjectAlternativeNames> names) {
        return new Profile(name, purposes, lifetime, keys, subject, names);
    }

    private static Function<Holder, Subject> fixed(String commonName, String... organizations) {
        Subject subject = new Subject(commonName, Stream.of(organizations).toList());
        return _ -> subject;
    }

    private static Function<Holder, Subject> ofNode(String prefix, String... organizations) {
        List<String> groups = List.of(organizations);
        return holder -> new Subject(prefix + ((Holder.Node) holder).node().name(), groups);
    }

    private static Subject nodeIdentity(Holder holder) {
        Holder.Node node = (Holder.Node) holder;
        return new Subject(node.node().name(), List.of(node.cluster().name()));
    }

    private static Subject installation(Holder holder) {
        return new Subject(((Holder.Installation) holder).name(), List.of());
    }

    private static SubjectAlternativeNames noNames(@SuppressWarnings("unused") Holder holder) {
        return SubjectAlternativeNames.NONE;
    }
}
