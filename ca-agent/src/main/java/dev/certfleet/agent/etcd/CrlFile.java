package dev.certfleet.agent.etcd;

import dev.certfleet.agent.StateFolder;
import dev.certfleet.agent.publish.StagedFile;
import dev.certfleet.pki.crl.RevocationList;
import dev.certfleet.pki.der.DerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The published file and its copy in the state folder, which is what counts: it says after a restart what was published
 * last, and what to put back where somebody else changed the file.
 */
final class CrlFile {
    private final Path target;
    private final Path copy;
    private volatile @Nullable RevocationList published;

    CrlFile(Path target, Path copy) {
        this.target = target;
        this.copy = copy;
    }

    Path target() {
        return target;
    }

    Optional<RevocationList> published() {
        return Optional.ofNullable(published);
    }

    /** Takes over what an earlier run published; a copy that cannot be read is as good as none. */
    synchronized void load() {
        try {
            published = RevocationList.parse(Files.readAllBytes(copy), CrlCheck.MAX_SIZE);
        } catch (IOException | DerException e) {
            published = null;
        }
    }

    /** Whole at each moment: the copy first, then one rename over what etcd reads. */
    synchronized void publish(RevocationList list) {
        StateFolder.createPrivate(StagedFile.folderOf(copy));
        StagedFile.replace(copy, list.encoded(), StagedFile.PRIVATE, Optional.empty());
        published = list;
        write(list);
    }

    /** @return true where the file was not what was published and was put right */
    synchronized boolean putRight() {
        RevocationList list = published;
        if (list == null || isInPlace(list)) {
            return false;
        }
        write(list);
        return true;
    }

    /** True where the file is the one that was published last. */
    synchronized boolean isInPlace() {
        RevocationList list = published;
        return list != null && isInPlace(list);
    }

    private boolean isInPlace(RevocationList list) {
        try {
            return !Files.isSymbolicLink(target) && Arrays.equals(Files.readAllBytes(target), list.encoded());
        } catch (IOException e) {
            return false;
        }
    }

    private void write(RevocationList list) {
        StagedFile.replace(target, list.encoded(), StagedFile.PUBLIC, Optional.empty());
    }
}
