package dev.certfleet.server.installation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The server's folder on its own machine, mode 0700, used by one server at a time. */
public final class DataFolder implements AutoCloseable {
    private static final FileAttribute<Set<PosixFilePermission>> ONLY_OWNER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path path;
    private final FileChannel channel;

    private DataFolder(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Makes the folder if there is none, and takes it for this process.
     *
     * @throws CannotStart where another server has it, or it cannot be written
     */
    public static DataFolder open(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        try {
            if (!Files.isDirectory(absolute)) {
                Path parent = absolute.getParent();
                if (parent != null) {
                    Files.createDirectories(parent);
                }
                Files.createDirectory(absolute, ONLY_OWNER);
            }
            Files.setPosixFilePermissions(absolute, ONLY_OWNER.value());
            FileChannel channel =
                    FileChannel.open(absolute.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                channel.close();
                throw new CannotStart("the data folder " + absolute
                        + " is in use by another server; stop that one, or give this one its own with certfleet.data");
            }
            return new DataFolder(absolute, channel);
        } catch (FileAlreadyExistsException e) {
            throw new CannotStart("the data folder " + absolute + " is a file, not a folder", e);
        } catch (IOException e) {
            throw new CannotStart("the data folder " + absolute + " cannot be used: " + e, e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** Absolute. */
    public Path path() {
        return path;
    }

    /** The absolute path of a file in this folder. */
    public Path file(String name) {
        return path.resolve(name);
    }

    /** Writes a file that only its owner may read, whole or not at all. */
    public Path writeSecret(String name, byte[] contents) {
        return write(name, contents, "rw-------");
    }

    /** Writes a file that everybody may read, whole or not at all. */
    public Path writePublic(String name, byte[] contents) {
        return write(name, contents, "rw-r--r--");
    }

    private Path write(String name, byte[] contents, String mode) {
        Path target = file(name);
        Path temporary = file("." + name + ".new");
        try {
            Files.deleteIfExists(temporary);
            Files.createFile(
                    temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(contents);
                while (buffer.hasRemaining()) {
                    out.write(buffer);
                }
                out.force(true);
            }
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString(mode));
            return Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + target, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
