package dev.certfleet.agent.adopt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.StateFolder;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.publish.StagedFile;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.ProfileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * Gives a node back to kubeadm: the newest pairs stay where they are, kubeconfigs are as kubeadm renews them, with the
 * certificate inside, and the CA files are those it had. From then on the agent keeps nothing here.
 */
public final class ReleaseNode {
    private final Layout layout;
    private final StateFolder folder;
    private final Backup backup;

    public ReleaseNode(Settings settings, StateFolder folder) {
        this.layout = new Layout(settings.paths());
        this.folder = folder;
        this.backup = new Backup(folder);
    }

    /** There while the node is kubeadm's: the agent does not run then. */
    public static Path marker(StateFolder folder) {
        return folder.path().resolve("released");
    }

    /** @throws Trouble while the node is kubeadm's */
    public static void requireNotReleased(StateFolder folder) {
        if (Files.exists(marker(folder))) {
            throw new Trouble(
                    ExitCode.NOT_RUNNING, "this node was given back to kubeadm; 'ca-agent adopt' takes it over again");
        }
    }

    /**
     * Does it.
     *
     * @return what was done, for people
     * @throws Trouble where the node was not adopted, or kubeadm could not renew what it holds
     */
    public List<String> release() throws IOException {
        // 1. Whether there is a way back
        if (!backup.exists()) {
            throw new Trouble(ExitCode.NOT_RUNNING, "this node was not adopted, so there is nothing to give back");
        }
        List<X509Certificate> authorities = new ArrayList<>();
        for (Path file : authorities()) {
            Optional<Path> copy = backup.of(file);
            if (copy.isPresent()) {
                authorities.addAll(certificates(copy.get()));
            }
        }
        List<ProfileName> held = held();
        for (ProfileName profile : held) {
            requireOfKubeadm(layout.of(profile).orElseThrow().certificate(), authorities);
        }

        // 2. Kubeconfigs with the newest pair inside
        List<String> done = new ArrayList<>();
        for (ProfileName profile : held) {
            Layout.Files files = layout.of(profile).orElseThrow();
            Optional<Path> kubeconfig = files.kubeconfig();
            if (kubeconfig.isPresent() && backup.of(kubeconfig.get()).isPresent()) {
                embed(files, kubeconfig.get());
                done.add(kubeconfig.get() + " holds its certificate again; restart what reads it");
            }
        }

        // 3. The CA files as they were
        for (Path file : authorities()) {
            Optional<Path> copy = backup.of(file);
            if (copy.isPresent()) {
                StagedFile.replace(file, Files.readAllBytes(copy.get()), StagedFile.PUBLIC, Optional.empty());
                done.add(file + " is as it was");
            }
        }

        // 4. Kubeadm's from here on
        folder.write(marker(folder), new byte[0]);
        for (ProfileName profile : held) {
            Path state = folder.certificate(profile.label()).resolve("state.json");
            Files.deleteIfExists(state);
        }
        done.add("the agent keeps nothing here any more; put the CA keys back and 'kubeadm certs renew all' works");
        return done;
    }

    private List<ProfileName> held() {
        List<ProfileName> held = new ArrayList<>();
        for (ProfileName profile : ProfileName.values()) {
            if (profile != ProfileName.ETCD_CANARY
                    && profile != ProfileName.REVOCATION_GATE
                    && layout.of(profile)
                            .filter(files -> Files.exists(files.certificate()))
                            .isPresent()
                    && Files.exists(folder.certificate(profile.label()).resolve("state.json"))) {
                held.add(profile);
            }
        }
        return held;
    }

    private List<Path> authorities() {
        return layout.bundles(EnumSet.allOf(NodeRole.class)).values().stream().toList();
    }

    private static void requireOfKubeadm(Path file, List<X509Certificate> authorities) throws IOException {
        X509Certificate leaf = certificates(file).getFirst();
        for (X509Certificate authority : authorities) {
            try {
                leaf.verify(authority.getPublicKey());
                return;
            } catch (GeneralSecurityException e) {
                // Another one's, perhaps
            }
        }
        throw new Trouble(
                ExitCode.ATTENTION,
                file + " is of " + leaf.getIssuerX500Principal()
                        + ", an authority whose key kubeadm never had; a node that crossed over to certfleet's own"
                        + " authorities cannot go back");
    }

    private void embed(Layout.Files files, Path kubeconfig) throws IOException {
        Path copy = backup.of(kubeconfig).orElseThrow();
        KubeconfigUser before = KubeconfigUser.read(copy)
                .orElseThrow(() -> new Trouble(ExitCode.FILES, "the copy of " + kubeconfig + " cannot be read"));
        X509Certificate leaf = certificates(files.certificate()).getFirst();
        String user = commonName(leaf);
        String yaml = """
                apiVersion: v1
                clusters:
                - cluster:
                    certificate-authority-data: %AUTHORITY
                    server: %SERVER
                  name: kubernetes
                contexts:
                - context:
                    cluster: kubernetes
                    user: "%USER"
                  name: "%USER@kubernetes"
                current-context: "%USER@kubernetes"
                kind: Config
                users:
                - name: "%USER"
                  user:
                    client-certificate-data: %CERTIFICATE
                    client-key-data: %KEY
                """.replace(
                        "%AUTHORITY",
                        base64(backup.of(layout.clusterAuthority()).orElse(layout.clusterAuthority())))
                .replace("%SERVER", before.server())
                .replace("%USER", user)
                .replace("%CERTIFICATE", base64(files.certificate()))
                .replace("%KEY", base64(files.key()));
        StagedFile.replace(kubeconfig, yaml.getBytes(UTF_8), StagedFile.PRIVATE, files.owner());
    }

    private static String commonName(X509Certificate leaf) {
        return leaf.getSubjectX500Principal().getName().replaceAll("(?s).*?CN=([^,]*).*", "$1");
    }

    private static String base64(Path file) throws IOException {
        return Base64.getEncoder().encodeToString(Files.readAllBytes(file));
    }

    private static List<X509Certificate> certificates(Path file) throws IOException {
        try {
            return Certificates.parse(Files.readString(file, US_ASCII));
        } catch (CertificateException e) {
            throw new IOException(file + " is not a certificate: " + Trouble.oneLine(e), e);
        }
    }
}
