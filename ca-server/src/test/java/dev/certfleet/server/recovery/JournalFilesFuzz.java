package dev.certfleet.server.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * A journal's file is opened, or refused as damaged and left as it is. Opened, it gives the lines of all its whole frames, as
 * the plainest reading of it finds them, and goes on behind them: what is appended is there, and what was there stays.
 */
public final class JournalFilesFuzz {
    private static final Path FOLDER = folder();
    private static final Path FILE = FOLDER.resolve("journal-00000001.log");

    private JournalFilesFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        Files.write(FILE, data);
        List<String> expected = new ArrayList<>();
        int whole = plainly(data, expected);
        try (JournalFiles files = JournalFiles.open(FOLDER, Long.MAX_VALUE)) {
            assertThat(files.lines(FILE)).isEqualTo(expected);
            assertThat(Files.readAllBytes(FILE)).isEqualTo(Arrays.copyOf(data, whole));
            files.append(List.of("one more", "and one"));
        } catch (JournalFiles.Damaged e) {
            assertThat(Files.readAllBytes(FILE)).isEqualTo(data);
            return;
        }
        try (JournalFiles files = JournalFiles.open(FOLDER, Long.MAX_VALUE)) {
            expected.addAll(List.of("one more", "and one"));
            assertThat(files.lines(FILE)).isEqualTo(expected);
        }
    }

    /** Frame by frame from the first, until one is not whole. */
    private static int plainly(byte[] data, List<String> lines) {
        String text = new String(data, StandardCharsets.ISO_8859_1);
        int at = 0;
        while (true) {
            int newline = text.indexOf('\n', at);
            String[] header =
                    newline < 0 ? new String[0] : text.substring(at, newline).split(" ", -1);
            if (header.length != 3 || !header[0].equals("#") || !header[1].matches("[1-9][0-9]{0,8}")) {
                return at;
            }
            int end = newline + 1 + Integer.parseInt(header[1]);
            if (end > data.length || !header[2].equals(crc(data, newline + 1, end))) {
                return at;
            }
            new String(data, newline + 1, end - newline - 1, StandardCharsets.UTF_8)
                    .lines()
                    .forEach(lines::add);
            at = end;
        }
    }

    private static String crc(byte[] data, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(data, from, to - from);
        return String.format(Locale.ROOT, "%08x", crc.getValue());
    }

    private static Path folder() {
        try {
            Path folder = Files.createTempDirectory("journal");
            folder.toFile().deleteOnExit();
            folder.resolve("journal-00000001.log").toFile().deleteOnExit();
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
