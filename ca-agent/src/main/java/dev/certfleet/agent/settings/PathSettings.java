package dev.certfleet.agent.settings;

import dev.certfleet.pki.ProfileName;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where files go.
 *
 * @param kubernetes the folder that kubeadm's names are under
 * @param state what the agent remembers; only root may look into it
 * @param etcdCrl the CRL that etcd reads; empty for the usual place
 * @param files exceptions for single profiles
 */
public record PathSettings(Path kubernetes, Path state, Optional<Path> etcdCrl, Map<ProfileName, Files> files) {
    public static final Path DEFAULT_STATE = Path.of("/var/lib/certfleet");

    /**
     * A profile's own paths and owner; what is empty stays as it is by default.
     *
     * @param owner {@code user} or {@code user:group}, for the key and the kubeconfig
     */
    public record Files(
            Optional<Path> certificate, Optional<Path> key, Optional<Path> kubeconfig, Optional<String> owner) {
        public static final Files DEFAULT =
                new Files(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    static PathSettings from(Section section) {
        Map<ProfileName, Files> files = new EnumMap<>(ProfileName.class);
        Section byProfile = section.section("files");
        for (ProfileName profile : ProfileName.values()) {
            if (byProfile.has(profile.label())) {
                files.put(profile, files(byProfile.section(profile.label())));
            }
        }
        byProfile.end();
        PathSettings settings = new PathSettings(
                section.path("kubernetes", Path.of("/etc/kubernetes")),
                section.path("state", DEFAULT_STATE),
                path(section, "etcdCrl"),
                files);
        section.end();
        return settings;
    }

    private static Files files(Section section) {
        Files files = new Files(
                path(section, "certificate"), path(section, "key"), path(section, "kubeconfig"), section.text("owner"));
        section.end();
        if (files.certificate().isPresent() && files.certificate().equals(files.key())) {
            throw Section.wrong(section.name("certificate") + " and " + section.name("key")
                    + " name one file; components read twice, so give each its own file");
        }
        return files;
    }

    private static Optional<Path> path(Section section, String key) {
        return section.has(key) ? Optional.of(section.path(key, Path.of("/"))) : Optional.empty();
    }
}
