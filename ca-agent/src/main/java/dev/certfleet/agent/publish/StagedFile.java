package dev.certfleet.agent.publish;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.Optional;
import java.util.Set;

/**
 * The next contents of a file, already on the disk beside it. Everything that can fail for want of room or rights has
 * happened when this object exists; {@link #commit()} is one rename(). Readers see the old contents or the new, never
 * a part, and a target that is a symbolic link is refused, since consumers do not notice that one changed.
 */
public final class StagedFile implements AutoCloseable {
    public static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rw-------");
    public static final Set<PosixFilePermission> PUBLIC = PosixFilePermissions.fromString("rw-r--r--");
    private static final Set<PosixFilePermission> FOLDER = PosixFilePermissions.fromString("rwxr-xr-x");

    private final Path target;
    private final Path staged;

    private StagedFile(Path target, Path staged) {
        this.target = target;
        this.staged = staged;
    }

    /**
     * @param owner {@code user} or {@code user:group}; empty leaves the agent's own
     * @throws Trouble where it cannot be written; the target is as it was
     */
    public static StagedFile write(
            Path target, byte[] contents, Set<PosixFilePermission> mode, Optional<String> owner) {
        Path staged = target.resolveSibling("." + target.getFileName() + ".certfleet-new");
        try {
            if (Files.isSymbolicLink(target)) {
                throw new Trouble(
                        ExitCode.FILES,
                        target
                                + " is a symbolic link; replace it by a regular file, or set the path of what it points to");
            }
            if (Files.isDirectory(target)) {
                throw new Trouble(ExitCode.FILES, target + " is a directory where a file belongs");
            }
            createFolders(folderOf(target));
            Files.deleteIfExists(staged);
            // Made private first: the mode opens up only when the contents are whole.
            try (FileChannel channel = FileChannel.open(
                    staged,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PRIVATE))) {
                ByteBuffer buffer = ByteBuffer.wrap(contents);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                if (owner.isPresent()) {
                    chown(staged, owner.get());
                }
                Files.setPosixFilePermissions(staged, mode);
                channel.force(true);
            }
            return new StagedFile(target, staged);
        } catch (IOException e) {
            discard(staged);
            throw cannot(target, e);
        }
    }

    /** Writes and commits in one go. */
    public static void replace(Path target, byte[] contents, Set<PosixFilePermission> mode, Optional<String> owner) {
        try (StagedFile file = write(target, contents, mode, owner)) {
            file.commit();
            file.settle();
        }
    }

    /** Puts the new contents in the place of the old. */
    public void commit() {
        try {
            Files.move(staged, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw cannot(target, e);
        }
    }

    /** Makes sure that the rename outlives a power cut. */
    public void settle() {
        syncFolder(folderOf(target));
    }

    /** Leaves nothing behind where it was not committed. */
    @Override
    public void close() {
        discard(staged);
    }

    /** The folder a file is in. */
    public static Path folderOf(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new Trouble(ExitCode.FILES, file + " is not a file");
        }
        return parent;
    }

    /** Creates a folder and those above it with mode 0755, whatever the umask. */
    public static void createFolders(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Path parent = folder.getParent();
        if (parent != null) {
            createFolders(parent);
        }
        Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(FOLDER));
        Files.setPosixFilePermissions(folder, FOLDER);
    }

    public static void syncFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            throw cannot(folder, e);
        }
    }

    /** What the system says about a file, in one line. */
    public static Trouble cannot(Path target, IOException e) {
        String reason = switch (e) {
            case AccessDeniedException denied -> "permission denied";
            case NoSuchFileException missing -> "there is no " + missing.getFile();
            case FileSystemException system when system.getReason() != null -> system.getReason();
            default -> Trouble.oneLine(e);
        };
        return new Trouble(
                ExitCode.FILES, "cannot write " + target + ": " + reason + "; what was there before stays", e);
    }

    /** @param owner {@code user}, {@code user:group} or {@code :group} */
    public static void chown(Path file, String owner) throws IOException {
        UserPrincipalLookupService principals = file.getFileSystem().getUserPrincipalLookupService();
        PosixFileAttributeView view =
                Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        int colon = owner.indexOf(':');
        String user = colon < 0 ? owner : owner.substring(0, colon);
        if (!user.isEmpty()) {
            view.setOwner(principals.lookupPrincipalByName(user));
        }
        if (colon >= 0 && colon + 1 < owner.length()) {
            GroupPrincipal group = principals.lookupPrincipalByGroupName(owner.substring(colon + 1));
            view.setGroup(group);
        }
    }

    private static void discard(Path staged) {
        try {
            Files.deleteIfExists(staged);
        } catch (IOException e) {
            // It is overwritten by the next attempt; the failure that led here is the one to tell.
        }
    }
}
