package dev.certfleet.agent.adopt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.StateFolder;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.certificate.AdoptedCertificate;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.publish.PairPublisher;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.AdoptionRequest;
import dev.certfleet.pki.wire.AdoptionResult;
import dev.certfleet.pki.wire.AssignedCertificate;
import dev.certfleet.pki.wire.Assignment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes a node over that kubeadm made, while its components run: nothing that they read is replaced by it but the kubeconfigs
 * with embedded certificates, and those by the next round of the agent. Done again, or after it was cut off anywhere, it does
 * what is left.
 */
public final class AdoptNode {
    private final Layout layout;
    private final StateFolder folder;
    private final Backup backup;
    private final ServerClient server;
    private final Path kubernetes;

    public AdoptNode(Settings settings, StateFolder folder, ServerClient server) {
        this.layout = new Layout(settings.paths());
        this.folder = folder;
        this.backup = new Backup(folder);
        this.server = server;
        this.kubernetes = settings.paths().kubernetes();
    }

    /** What was found and would be done; {@link #carryOut} does it. */
    public record Prepared(Assignment assignment, Plan plan, List<FoundPair> pairs) {
        /** For people, one line each. */
        public List<String> lines() {
            return plan.lines();
        }

        /** Names that a renewed certificate would not have any more, as {@code profile: name}. */
        public List<String> lost() {
            return plan.lost();
        }

        /** Why it must not be done. */
        public List<String> obstacles() {
            return plan.obstacles();
        }
    }

    /** Looks, asks the server, and changes nothing anywhere. */
    public Prepared prepare() throws ServerException {
        Assignment assignment = server.assignment();
        Map<ProfileName, AssignedCertificate> wanted = wanted(assignment);
        Set<ProfileName> held = EnumSet.noneOf(ProfileName.class);
        wanted.keySet().stream()
                .filter(profile -> AdoptedCertificate.isHeld(folder.certificate(profile.label())))
                .forEach(held::add);
        List<ProfileName> open = wanted.keySet().stream()
                .filter(profile -> !held.contains(profile))
                .toList();
        Scan scan = Scan.of(layout, kubernetes, wanted.keySet(), open);
        List<String> obstacles = new ArrayList<>(scan.problems());
        obstacles.addAll(foreignAuthorities(assignment));
        List<AdoptionResult.Item> items = adopt(assignment, scan.pairs(), true);
        return new Prepared(assignment, Plan.of(scan.pairs(), items, wanted, held, obstacles), scan.pairs());
    }

    /**
     * Records, keeps copies, and takes the pairs over.
     *
     * @param renew has the agent replace them at once, rather than when they are due
     */
    public void carryOut(Prepared prepared, boolean renew) throws ServerException, IOException {
        // 1. On record, so that they can be revoked
        adopt(prepared.assignment(), prepared.pairs(), false);

        // 2. A copy of what will be replaced
        List<Path> replaced = new ArrayList<>(prepared.plan().sources());
        for (Plan.Taken one : prepared.plan().taken()) {
            Layout.Files files = files(one);
            replaced.addAll(List.of(files.certificate(), files.key()));
            files.kubeconfig().ifPresent(replaced::add);
        }
        replaced.addAll(layout.bundles(roles(prepared.assignment())).values());
        backup.keep(replaced);

        // 3. Ours from here on
        Map<ProfileName, AssignedCertificate> wanted = wanted(prepared.assignment());
        for (Plan.Taken one : prepared.plan().taken()) {
            ProfileName profile = one.pair().profile().orElseThrow();
            Layout.Files files = files(one);
            if (one.pair().kubeconfig().isPresent()) {
                PairPublisher.publish(
                        files,
                        one.pair().certificatePem(),
                        java.util.Optional.of(one.pair().keyPem()));
            }
            AdoptedCertificate.take(
                    folder.certificate(profile.label()),
                    one.pair().certificate(),
                    one.pair().certificatePem(),
                    java.util.Objects.requireNonNull(wanted.get(profile)),
                    renew);
        }
        Files.deleteIfExists(ReleaseNode.marker(folder));
    }

    private Layout.Files files(Plan.Taken one) {
        return layout.of(one.pair().profile().orElseThrow()).orElseThrow();
    }

    private List<AdoptionResult.Item> adopt(Assignment assignment, List<FoundPair> pairs, boolean dryRun)
            throws ServerException {
        if (pairs.isEmpty()) {
            return List.of();
        }
        List<AdoptionRequest.Certificate> certificates = pairs.stream()
                .map(pair -> new AdoptionRequest.Certificate(
                        Certificates.pem(List.of(pair.certificate())),
                        pair.profile().map(ProfileName::label).orElse(null),
                        null))
                .toList();
        AdoptionResult result = server.adopt(assignment.cluster(), new AdoptionRequest(certificates), dryRun);
        if (result.items().size() != pairs.size()) {
            throw new Trouble(ExitCode.REFUSED, "the server answered for other certificates than it was asked about");
        }
        return result.items();
    }

    /** A CA on this node that the cluster at certfleet does not know: its components would trust nobody any more. */
    private List<String> foreignAuthorities(Assignment assignment) {
        List<String> obstacles = new ArrayList<>();
        layout.bundles(roles(assignment)).forEach((name, file) -> {
            if (!Files.exists(file)) {
                return;
            }
            try {
                List<X509Certificate> known =
                        Certificates.parse(assignment.bundles().getOrDefault(name, ""));
                for (X509Certificate here : Certificates.parse(Files.readString(file, US_ASCII))) {
                    if (!known.contains(here)) {
                        obstacles.add(file + ": the cluster " + assignment.cluster() + " does not have the CA "
                                + here.getSubjectX500Principal() + "; import it when the cluster is made");
                    }
                }
            } catch (IOException | CertificateException e) {
                obstacles.add(file + ": " + Trouble.oneLine(e));
            }
        });
        return obstacles;
    }

    private static Map<ProfileName, AssignedCertificate> wanted(Assignment assignment) {
        Map<ProfileName, AssignedCertificate> wanted = new EnumMap<>(ProfileName.class);
        for (AssignedCertificate certificate : assignment.certificates()) {
            for (ProfileName profile : ProfileName.values()) {
                if (profile.label().equals(certificate.profile())
                        && profile != ProfileName.NODE_IDENTITY
                        && profile != ProfileName.ETCD_CANARY) {
                    wanted.put(profile, certificate);
                }
            }
        }
        return wanted;
    }

    private static Set<NodeRole> roles(Assignment assignment) {
        Set<NodeRole> roles = EnumSet.noneOf(NodeRole.class);
        for (NodeRole role : NodeRole.values()) {
            if (assignment.roles().contains(role.label())) {
                roles.add(role);
            }
        }
        return roles;
    }
}
