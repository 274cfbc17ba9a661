package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** Where a test keeps its files and logs. It is emptied when the test starts, not when it ends: one looks there after a failure. */
final class WorkFolder {
    private WorkFolder() {}

    static Path of(Class<?> test) {
        var folder = Path.of("target", "end-to-end", test.getSimpleName()).toAbsolutePath();
        try {
            if (Files.exists(folder)) {
                try (var files = Files.walk(folder)) {
                    for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
