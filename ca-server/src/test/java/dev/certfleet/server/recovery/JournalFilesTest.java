package dev.certfleet.server.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was appended is there again after a crash, and what was damaged is not taken for it. */
class JournalFilesTest {
    private static final long LARGE = 1 << 20;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void findsAllLinesAgain() throws IOException {
        try (JournalFiles files = JournalFiles.open(journal(), LARGE)) {
            files.append(List.of("one", "two # 3"));
            files.append(List.of("# 3 00000000"));
        }
        try (JournalFiles files = JournalFiles.open(journal(), LARGE)) {
            files.append(List.of("größer"));
            assertThat(lines(files)).containsExactly("one", "two # 3", "# 3 00000000", "größer");
        }
    }

    @Test
    void cutsOffWhateverPartOfTheLastAppendACrashLeft() throws IOException {
        Path file = journal().resolve("journal-00000001.log");
        try (JournalFiles files = JournalFiles.open(journal(), LARGE)) {
            files.append(List.of("acknowledged"));
        }
        byte[] whole = Files.readAllBytes(file);
        try (JournalFiles files = JournalFiles.open(journal(), LARGE)) {
            files.append(List.of("torn", "in two"));
        }
        byte[] longer = Files.readAllBytes(file);
        for (int length = whole.length; length < longer.length; length++) {
            Files.write(file, Arrays.copyOf(longer, length));
            try (JournalFiles files = JournalFiles.open(journal(), LARGE)) {
                assertThat(lines(files)).containsExactly("acknowledged");
                files.append(List.of("next"));
                assertThat(lines(files)).containsExactly("acknowledged", "next");
            }
        }
    }

    @Test
    void cutsOffZeroesThatACrashLeftAtTheEnd() throws IOException {
        try (JournalFiles files = JournalFiles.open(journal(), LARGE)) {
            files.append(List.of("acknowledged"));
        }
        Files.write(journal().resolve("journal-00000001.log"), new byte[4096], StandardOpenOption.APPEND);
        try (JournalFiles files = JournalFiles.open(journal(), LARGE)) {
            assertThat(lines(files)).containsExactly("acknowledged");
        }
    }

    @Test
    void refusesAFileThatWasDamagedInItsMiddle() throws IOException {
        Path file = journal().resolve("journal-00000001.log");
        try (JournalFiles files = JournalFiles.open(journal(), LARGE)) {
            files.append(List.of("first"));
            files.append(List.of("second"));
        }
        byte[] good = Files.readAllBytes(file);
        int first = good.length / 2;
        for (int at = 0; at < first - 1; at++) {
            byte[] bad = good.clone();
            bad[at] ^= 1;
            Files.write(file, bad);
            assertThatThrownBy(() -> JournalFiles.open(journal(), LARGE))
                    .as("octet %d", at)
                    .isInstanceOf(JournalFiles.Damaged.class)
                    .hasMessageContaining("is damaged at octet 0")
                    .hasMessageContaining("put a good copy of it back, or move it away");
        }
    }

    @Test
    void refusesAFileBeforeTheLastThatIsNotWhole() throws IOException {
        try (JournalFiles files = JournalFiles.open(journal(), 40)) {
            files.append(List.of("a line of the first file"));
            files.append(List.of("a line of the second file"));
        }
        Path first = journal().resolve("journal-00000001.log");
        byte[] good = Files.readAllBytes(first);
        Files.write(first, Arrays.copyOf(good, good.length - 3));
        assertThatThrownBy(() -> JournalFiles.open(journal(), 40)).isInstanceOf(JournalFiles.Damaged.class);
    }

    @Test
    void goesOnInAnotherFileAndDeletesAllButTheNewest() throws IOException {
        try (JournalFiles files = JournalFiles.open(journal(), 100)) {
            for (int i = 0; i < 10; i++) {
                files.append(List.of("line " + i + " " + "x".repeat(30)));
            }
            List<Path> all = files.all();
            assertThat(all).hasSizeGreaterThan(3);
            assertThat(lines(files)).hasSize(10);
            for (Path file : all) {
                files.delete(file);
            }
            assertThat(files.all()).containsExactly(all.getLast());
        }
        try (JournalFiles files = JournalFiles.open(journal(), 100)) {
            files.append(List.of("last"));
            assertThat(lines(files)).endsWith("last");
        }
    }

    private Path journal() {
        return folder.resolve("journal");
    }

    private static List<String> lines(JournalFiles files) throws IOException {
        List<String> lines = new ArrayList<>();
        for (Path file : files.all()) {
            lines.addAll(files.lines(file));
        }
        return lines;
    }
}
