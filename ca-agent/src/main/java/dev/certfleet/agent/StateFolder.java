package dev.certfleet.agent;

import dev.certfleet.agent.publish.StagedFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the agent remembers; open to its own user only, and to one agent at a time. */
public final class StateFolder {
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");

    private final Path path;

    public StateFolder(Path path) {
        this.path = path;
    }

    public Path path() {
        return path;
    }

    public Path identity() {
        return path.resolve("identity");
    }

    public Path certificate(String profile) {
        return path.resolve("certificates").resolve(profile);
    }

    /** What the gate remembers. */
    public Path gate() {
        return path.resolve("gate");
    }

    /** What is known of etcd's CRL, and the canary. */
    public Path etcd() {
        return path.resolve("etcd");
    }

    /** A service-account key pair that is on its way. */
    public Path serviceAccount() {
        return path.resolve("service-account");
    }

    /** The folders of all certificates that this node ever kept. */
    public Path certificates() {
        return path.resolve("certificates");
    }

    public Path assignment() {
        return path.resolve("assignment.json");
    }

    public Path bootId() {
        return path.resolve("boot-id");
    }

    /** When {@code once} came to its end last. */
    public Path once() {
        return path.resolve("once");
    }

    /**
     * Held for as long as the process lives.
     *
     * @throws Trouble where another agent has it
     */
    public Lock lock() {
        return lock(path.resolve("agent.lock"), "another agent is using " + path + "; there can be one a node");
    }

    /**
     * Held for as long as a gate runs.
     *
     * @throws Trouble where another gate, in this process or another, has it
     */
    public Lock lockGate() {
        return lock(
                gate().resolve("gate.lock"),
                "another revocation gate is using " + gate()
                        + "; where 'ca-agent gate' runs, 'run' needs gate.enabled: false");
    }

    /**
     * Held for as long as an agent publishes into a folder, whichever state folder it has; not held, and no matter, where the
     * folder cannot be written.
     *
     * @throws Trouble where another agent has it
     */
    public static Lock lockFiles(Path kubernetes) {
        try {
            StagedFile.createFolders(kubernetes);
            return lock(
                    kubernetes.resolve(".certfleet-agent.lock"),
                    "another agent publishes into " + kubernetes + "; there can be one a node");
        } catch (IOException e) {
            return Lock.NONE;
        } catch (Trouble e) {
            if (e.exitCode() == ExitCode.FILES) {
                return Lock.NONE;
            }
            throw e;
        }
    }

    private static Lock lock(Path file, String taken) {
        createPrivate(StagedFile.folderOf(file));
        try {
            FileChannel channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(StagedFile.PRIVATE));
            @Nullable FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new Trouble(ExitCode.NOT_RUNNING, taken);
            }
            return new Lock(channel);
        } catch (IOException e) {
            throw StagedFile.cannot(file, e);
        }
    }

    /** Only one agent at a time has it. */
    public record Lock(@Nullable FileChannel channel) implements AutoCloseable {
        static final Lock NONE = new Lock(null);

        @Override
        public void close() {
            try {
                if (channel != null) {
                    channel.close();
                }
            } catch (IOException e) {
                // The process ends, or the test; the lock goes with either.
            }
        }
    }

    public void write(Path file, byte[] contents) {
        createPrivate(StagedFile.folderOf(file));
        StagedFile.replace(file, contents, StagedFile.PRIVATE, Optional.empty());
    }

    /** Creates a folder, and those above it that are missing, for this user only. */
    public static void createPrivate(Path folder) {
        if (Files.isDirectory(folder)) {
            return;
        }
        try {
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(PRIVATE));
        } catch (IOException e) {
            throw StagedFile.cannot(folder, e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }
}
