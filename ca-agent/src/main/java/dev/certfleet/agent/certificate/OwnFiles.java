package dev.certfleet.agent.certificate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.publish.StagedFile;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Notices what others do to a certificate's published files. Costs a stat a file where nobody did anything. */
final class OwnFiles {
    private final Layout.Files files;
    private final Map<Path, Set<PosixFilePermission>> modes = new LinkedHashMap<>();

    /** What the last verdict was about: inode and time of change. */
    private List<Object> judged = List.of();

    private Optional<String> verdict = Optional.empty();

    OwnFiles(Layout.Files files) {
        this.files = files;
        modes.put(files.certificate(), StagedFile.PUBLIC);
        modes.put(files.key(), StagedFile.PRIVATE);
        files.kubeconfig().ifPresent(kubeconfig -> modes.put(kubeconfig, StagedFile.PRIVATE));
    }

    /** Gives files back the mode and owner that they were published with. @return what had to be done, for people */
    List<String> putRight() throws IOException {
        List<String> done = new ArrayList<>();
        for (Map.Entry<Path, Set<PosixFilePermission>> entry : modes.entrySet()) {
            Path file = entry.getKey();
            PosixFileAttributes found = attributes(file);
            if (found == null || !found.isRegularFile()) {
                continue;
            }
            if (!found.permissions().equals(entry.getValue())) {
                Files.setPosixFilePermissions(file, entry.getValue());
                done.add(file + " had the mode " + PosixFilePermissions.toString(found.permissions()) + "; it is "
                        + PosixFilePermissions.toString(entry.getValue()) + " again");
            }
            String user =
                    files.owner().map(owner -> owner.replaceAll(":.*", "")).orElse("");
            if (!user.isEmpty() && !found.owner().getName().equals(user)) {
                StagedFile.chown(file, files.owner().orElseThrow());
                done.add(file + " belonged to " + found.owner().getName() + "; it is " + user + "'s again");
            }
        }
        return done;
    }

    /**
     * What is not as it was published; it is left alone until the next renewal.
     *
     * @param published what was; empty where that is not known
     */
    Optional<String> foreign(Optional<String> published) throws IOException {
        PosixFileAttributes certificate = attributes(files.certificate());
        PosixFileAttributes key = attributes(files.key());
        if (published.isEmpty() || certificate == null || key == null) {
            return Optional.empty();
        }
        List<Object> now = List.of(
                published.get(),
                certificate.fileKey(),
                certificate.lastModifiedTime(),
                key.fileKey(),
                key.lastModifiedTime());
        if (!now.equals(judged)) {
            verdict = judge(published.get(), certificate, key);
            judged = now;
        }
        return verdict;
    }

    private Optional<String> judge(String published, PosixFileAttributes certificate, PosixFileAttributes key)
            throws IOException {
        if (certificate.isSymbolicLink() || key.isSymbolicLink()) {
            return Optional.of((certificate.isSymbolicLink() ? files.certificate() : files.key())
                    + " was replaced by a symbolic link, which the next renewal will not overwrite; put a regular file there,"
                    + " or delete it and it comes back");
        }
        try {
            String found = Files.readString(files.certificate(), US_ASCII);
            if (!found.equals(published)) {
                return Optional.of(files.certificate()
                        + " was changed by somebody else; it is left as it is until the next renewal");
            }
            PublicKey publicKey = Certificates.parse(published).getFirst().getPublicKey();
            // In an older form where the pair is an adopted one
            boolean isPair = PrivateKeys.belongTogether(
                    PrivateKeys.decode(Files.readString(files.key(), US_ASCII), publicKey), publicKey);
            return isPair ? Optional.empty() : Optional.of(changedKey());
        } catch (CertificateException | IllegalArgumentException | java.nio.charset.CharacterCodingException e) {
            return Optional.of(changedKey());
        }
    }

    private String changedKey() {
        return files.key() + " was changed by somebody else and is not the key of " + files.certificate()
                + "; run 'ca-agent renew' for a new pair";
    }

    private static @Nullable PosixFileAttributes attributes(Path file) throws IOException {
        try {
            return Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (java.nio.file.NoSuchFileException e) {
            return null;
        }
    }
}
