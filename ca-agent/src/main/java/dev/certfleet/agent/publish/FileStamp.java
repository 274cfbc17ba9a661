package dev.certfleet.agent.publish;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What tells one state of a file from every other, by one call of stat(2): whoever writes to it, replaces it or changes its mode or
 * owner changes the time of its inode too. For work that need not be done again while nobody has.
 */
public record FileStamp(Map<String, Object> attributes) {
    private static final String STAT = "unix:ino,ctime,size,mode,uid,gid";

    /** Empty where there is no such file. */
    public static Optional<FileStamp> of(Path file) {
        try {
            return Optional.of(new FileStamp(Files.readAttributes(file, STAT, LinkOption.NOFOLLOW_LINKS)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
