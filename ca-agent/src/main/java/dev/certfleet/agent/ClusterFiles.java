package dev.certfleet.agent;

import dev.certfleet.agent.certificate.CertificateKeeper;
import dev.certfleet.agent.component.PublishedBundles;
import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.agent.identity.NodeFacts;
import dev.certfleet.agent.publish.FileStamp;
import dev.certfleet.agent.publish.Kubeconfig;
import dev.certfleet.agent.publish.KubeletConfiguration;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.publish.LockOut;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.Assignment;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The files that are not certificates of the node itself: CA bundles, kubeconfigs, the kubelet's drop-in.
 */
final class ClusterFiles {
    private static final Pattern HAS_PORT = Pattern.compile("[^:]:[0-9]+$|]:[0-9]+$");

    private static final System.Logger LOG = System.getLogger("certfleet.agent.files");

    private final Settings settings;
    private final Layout layout;
    private final Clock clock;
    private final LockOut lockOut;
    private final PublishedBundles bundles;

    /** By bundle, as it was found right the last time. */
    private final Map<String, InPlace> inPlace = new HashMap<>();

    private final Map<String, Optional<Instant>> ends = new HashMap<>();

    /** By what it is about; shown until the same thing works. */
    private final Map<String, String> problems = new LinkedHashMap<>();

    /** A bundle as the server has it, and the file it is in. */
    private record InPlace(String pem, FileStamp file) {
        static Optional<InPlace> of(String pem, Path file) {
            return FileStamp.of(file).map(stamp -> new InPlace(pem, stamp));
        }
    }

    ClusterFiles(Settings settings, Layout layout, PublishedBundles bundles, Clock clock) {
        this.settings = settings;
        this.layout = layout;
        this.clock = clock;
        this.lockOut = new LockOut(layout);
        this.bundles = bundles;
    }

    /**
     * What components trust; before any certificate that is to be trusted by it.
     *
     * @param held the profiles that this node holds
     * @return true where a bundle was refused, such as for the sake of a certificate that is about to be renewed
     */
    boolean publishAuthorities(Assignment assignment, Collection<ProfileName> held) {
        Set<NodeRole> roles = roles(assignment);
        layout.bundles(roles)
                .forEach((name, file) -> attempt("CA bundle " + name, () -> {
                    String pem = assignment.bundles().get(name);
                    if (pem == null) {
                        throw new Trouble(
                                ExitCode.REFUSED, "the server's assignment lacks the CA bundle '" + name + "'");
                    }
                    Optional<InPlace> before = InPlace.of(pem, file);
                    if (before.isPresent() && before.get().equals(inPlace.get(name))) {
                        return;
                    }
                    lockOut.check(name, pem, file, held, clock.instant());
                    if (bundles.publish(name, pem, file)) {
                        LOG.log(System.Logger.Level.INFO, "published the CA bundle {0} in {1}", name, file);
                    } else {
                        // As it was before it was found right: whoever touches it from then on is noticed.
                        before.ifPresent(right -> inPlace.put(name, right));
                    }
                }));
        return layout.bundles(roles).keySet().stream().anyMatch(name -> problems.containsKey("CA bundle " + name));
    }

    /** Those whose certificates are in place. */
    void publishKubeconfigs(Assignment assignment, Collection<CertificateKeeper> keepers) {
        Optional<String> server = apiServer(settings, assignment);
        for (CertificateKeeper keeper : keepers) {
            Optional<Path> kubeconfig = keeper.files().kubeconfig();
            if (kubeconfig.isEmpty() || keeper.state().held() == null) {
                continue;
            }
            attempt("kubeconfig " + kubeconfig.get(), () -> {
                Kubeconfig contents = new Kubeconfig(
                        assignment.cluster(),
                        server.orElseThrow(
                                () -> new Trouble(
                                        ExitCode.SETTINGS,
                                        "which API server to name is not known; set kubernetes.apiServer, as in https://10.0.0.1:6443")),
                        layout.clusterAuthority(),
                        keeper.wanted().commonName(),
                        keeper.files().certificate(),
                        keeper.files().key());
                if (settings.kubernetes().kubeadm()) {
                    publishForKubeadm(
                            keeper.profile(),
                            contents,
                            kubeconfig.get(),
                            keeper.files().owner());
                } else {
                    contents.publish(kubeconfig.get(), keeper.files().owner());
                }
            });
        }
    }

    /** kubeadm reads no kubeconfig that refers to files; the components are started with a second one that does. */
    private void publishForKubeadm(ProfileName profile, Kubeconfig contents, Path target, Optional<String> owner) {
        switch (profile) {
            case KUBE_CONTROLLER_MANAGER, KUBE_SCHEDULER -> {
                contents.publish(layout.reloading(target), owner);
                contents.publishEmbedded(target, owner);
            }
            case ADMIN_KUBECONFIG -> {
                contents.publishEmbedded(target, owner);
                contents.publishInPlaceOfSuperAdmin(target.resolveSibling("super-admin.conf"));
            }
            default -> contents.publish(target, owner);
        }
    }

    /** Once the pair that it names is in place: a kubelet does not start without. Running ones read it at their next start. */
    void publishKubeletConfiguration(Collection<CertificateKeeper> keepers) {
        for (CertificateKeeper keeper : keepers) {
            if (keeper.profile() != ProfileName.KUBELET_SERVING
                    || keeper.state().held() == null) {
                continue;
            }
            Path file = settings.kubelet().configuration().orElseGet(layout::kubeletConfiguration);
            attempt("kubelet configuration " + file, () -> {
                if (new KubeletConfiguration(
                                layout.clusterAuthority(),
                                keeper.files().certificate(),
                                keeper.files().key(),
                                settings.kubelet().cacheFor())
                        .publish(file)) {
                    LOG.log(
                            System.Logger.Level.INFO,
                            "published {0}; a kubelet that runs takes it up when it is restarted",
                            file);
                }
            });
        }
    }

    List<String> problems() {
        List<String> lines = new ArrayList<>();
        problems.forEach((subject, problem) -> lines.add(subject + ": " + problem));
        return lines;
    }

    /** When the first CA of each bundle ends. */
    List<StatusReport.Authority> authorities(Assignment assignment) {
        List<StatusReport.Authority> found = new ArrayList<>();
        ends.keySet().retainAll(assignment.bundles().values());
        layout.bundles(roles(assignment)).forEach((name, file) -> {
            String pem = assignment.bundles().get(name);
            if (pem != null) {
                ends.computeIfAbsent(pem, ClusterFiles::firstEnd)
                        .ifPresent(end -> found.add(new StatusReport.Authority(name, file.toString(), end)));
            }
        });
        return found;
    }

    static Set<NodeRole> roles(Assignment assignment) {
        Set<NodeRole> roles = EnumSet.noneOf(NodeRole.class);
        for (NodeRole role : NodeRole.values()) {
            if (assignment.roles().contains(role.label())) {
                roles.add(role);
            }
        }
        return roles;
    }

    /** What this node's kubeconfigs name; on a control-plane node its own. */
    static Optional<String> apiServer(Settings settings, Assignment assignment) {
        if (settings.kubernetes().apiServer().isPresent()) {
            return settings.kubernetes().apiServer();
        }
        if (!roles(assignment).contains(NodeRole.CONTROL_PLANE)) {
            return Optional.ofNullable(assignment.controlPlaneEndpoint())
                    .map(endpoint ->
                            "https://" + endpoint + (HAS_PORT.matcher(endpoint).find() ? "" : ":6443"));
        }
        List<String> addresses = settings.node().addresses().isEmpty()
                ? NodeFacts.addresses()
                : settings.node().addresses();
        return addresses.stream()
                .findFirst()
                .map(address -> "https://" + (address.contains(":") ? "[" + address + "]" : address) + ":6443");
    }

    private static Optional<Instant> firstEnd(String pem) {
        try {
            return Certificates.parse(pem).stream()
                    .map(certificate -> certificate.getNotAfter().toInstant())
                    .min(Instant::compareTo);
        } catch (CertificateException e) {
            return Optional.empty();
        }
    }

    private void attempt(String subject, Runnable work) {
        try {
            work.run();
            problems.remove(subject);
        } catch (Trouble e) {
            String problem = Trouble.oneLine(e);
            if (!problem.equals(problems.put(subject, problem))) {
                LOG.log(System.Logger.Level.WARNING, "{0}: {1}", subject, problem);
            }
        }
    }
}
