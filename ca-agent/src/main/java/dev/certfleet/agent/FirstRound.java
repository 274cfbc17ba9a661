package dev.certfleet.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether the first round since the machine's boot is over, in a file that what is ordered after the agent waits for
 * (deploy/systemd): it has the boot's id as the kernel gives it.
 */
final class FirstRound {
    private static final System.Logger LOG = System.getLogger("certfleet.agent");
    private static final Path KERNEL_BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final StateFolder folder;
    private boolean isAwaited;

    FirstRound(StateFolder folder) {
        this.folder = folder;
        this.isAwaited = !read(KERNEL_BOOT_ID).equals(read(folder.bootId()));
    }

    boolean isAwaited() {
        return isAwaited;
    }

    void isOver() {
        isAwaited = false;
        try {
            folder.write(folder.bootId(), (read(KERNEL_BOOT_ID) + "\n").getBytes(US_ASCII));
        } catch (Trouble e) {
            LOG.log(System.Logger.Level.WARNING, Trouble.oneLine(e));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, US_ASCII).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
