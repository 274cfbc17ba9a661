package dev.certfleet.agent.adopt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.PrivateKeys;
import dev.certfleet.pki.ProfileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Looks for what kubeadm made: the pairs of the profiles that this node is to hold, and administrators' kubeconfigs. */
final class Scan {
    private static final List<String> ADMINISTRATORS = List.of("admin.conf", "super-admin.conf");

    private final List<FoundPair> pairs = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    private Scan() {}

    /**
     * Reads only. What cannot be read is among the problems.
     *
     * @param wanted what the node is to hold; a kubeconfig of one of them is no administrator's
     * @param open those of them that it does not hold yet
     */
    static Scan of(Layout layout, Path kubernetes, Collection<ProfileName> wanted, Collection<ProfileName> open) {
        Scan scan = new Scan();
        for (ProfileName profile : open) {
            layout.of(profile).ifPresent(files -> scan.look(profile, files));
        }
        Set<Path> ofProfiles = wanted.stream()
                .flatMap(profile -> layout.of(profile).stream())
                .flatMap(files -> files.kubeconfig().stream())
                .collect(Collectors.toSet());
        for (String name : ADMINISTRATORS) {
            Path kubeconfig = kubernetes.resolve(name);
            if (!ofProfiles.contains(kubeconfig) && Files.exists(kubeconfig)) {
                scan.attempt(kubeconfig, () -> scan.kubeconfig(Optional.empty(), kubeconfig));
            }
        }
        return scan;
    }

    List<FoundPair> pairs() {
        return List.copyOf(pairs);
    }

    List<String> problems() {
        return List.copyOf(problems);
    }

    private interface Look {
        void at() throws IOException, CertificateException;
    }

    private void look(ProfileName profile, Layout.Files files) {
        if (Files.exists(files.certificate()) && Files.exists(files.key())) {
            attempt(
                    files.certificate(),
                    () -> add(
                            Optional.of(profile),
                            files.certificate(),
                            Files.readString(files.certificate(), US_ASCII),
                            Files.readString(files.key(), US_ASCII),
                            Optional.empty(),
                            false));
            return;
        }
        files.kubeconfig()
                .filter(Files::exists)
                .ifPresent(kubeconfig -> attempt(kubeconfig, () -> kubeconfig(Optional.of(profile), kubeconfig)));
    }

    private void kubeconfig(Optional<ProfileName> profile, Path kubeconfig) throws IOException, CertificateException {
        Optional<KubeconfigUser> user = KubeconfigUser.read(kubeconfig);
        if (user.isPresent()) {
            add(
                    profile,
                    kubeconfig,
                    user.get().certificate(),
                    user.get().key(),
                    Optional.of(kubeconfig),
                    user.get().embedded());
        }
    }

    private void add(
            Optional<ProfileName> profile,
            Path source,
            String certificates,
            String key,
            Optional<Path> kubeconfig,
            boolean embedded)
            throws CertificateException {
        List<X509Certificate> chain = Certificates.parse(certificates);
        X509Certificate leaf = chain.getFirst();
        try {
            if (!PrivateKeys.belongTogether(PrivateKeys.decode(key, leaf.getPublicKey()), leaf.getPublicKey())) {
                problems.add(source + ": its key is another one's");
                return;
            }
        } catch (IllegalArgumentException e) {
            problems.add(source + ": its key cannot be read");
            return;
        }
        pairs.add(new FoundPair(profile, source, leaf, Certificates.pem(chain), keyBlock(key), kubeconfig, embedded));
    }

    /** The key alone: the kubelet keeps both in one file. */
    private static String keyBlock(String pem) {
        return Pem.decode(pem).stream()
                .filter(block -> block.label().endsWith(Pem.PRIVATE_KEY))
                .map(block -> Pem.encode(block.label(), block.contents()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no private key"));
    }

    private void attempt(Path file, Look look) {
        try {
            look.at();
        } catch (IOException | CertificateException | IllegalArgumentException e) {
            problems.add(file + ": " + Trouble.oneLine(e));
        }
    }
}
