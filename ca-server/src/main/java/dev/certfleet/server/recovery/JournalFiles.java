package dev.certfleet.server.recovery;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Append-only files of lines, {@code journal-00000001.log} and so on. Lines that are forced to the disk together are one
 * frame: a header {@code # LENGTH CRC32C}, then as many octets. A frame at the very end that is not whole was being written
 * when the machine stopped; nobody was told that it is there, and it is cut off. Anything else that is not a frame is damage.
 */
final class JournalFiles implements AutoCloseable {
    private static final String PREFIX = "journal-";
    private static final String SUFFIX = ".log";
    private static final byte[] NEXT_FRAME = {'\n', '#', ' '};

    private final Path folder;
    private final long rotateAt;
    private @Nullable FileChannel channel;
    private int number;
    /** Up to here the newest file is whole and on the disk. */
    private long end;

    private boolean dirty;

    private JournalFiles(Path folder, long rotateAt) {
        this.folder = folder;
        this.rotateAt = rotateAt;
    }

    /**
     * Opens a folder of them, made where there is none, and cuts off what a crash left.
     *
     * @param rotateAt octets; a file that would grow beyond is followed by the next
     * @throws Damaged where a file is not what was written
     */
    static JournalFiles open(Path folder, long rotateAt) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        JournalFiles files = new JournalFiles(folder, rotateAt);
        List<Path> all = files.all();
        for (Path file : all) {
            long whole = frames(file, Files.readAllBytes(file), new ArrayList<>());
            if (whole < Files.size(file) && !file.equals(all.getLast())) {
                throw new Damaged(file, whole);
            }
            files.end = whole;
        }
        files.number = all.isEmpty() ? 1 : number(all.getLast());
        files.use(files.number, files.end);
        return files;
    }

    /** A file is not what was written to it. */
    static final class Damaged extends IOException {
        private static final long serialVersionUID = 1L;

        Damaged(Path file, long offset) {
            super("the journal " + file + " is damaged at octet " + offset + ": put a good copy of it back, or move it"
                    + " away and know that what is in it alone cannot be put back into a database that loses it");
        }
    }

    /** Appends lines and returns when they are on the disk, all of them; after a failure none of them is there. */
    synchronized void append(List<String> lines) throws IOException {
        byte[] frame = frame(lines);
        if (dirty || channel == null || !channel.isOpen()) {
            use(number, end);
        }
        if (end > 0 && end + frame.length > rotateAt) {
            use(number + 1, 0);
        }
        FileChannel out = java.util.Objects.requireNonNull(channel);
        dirty = true;
        ByteBuffer buffer = ByteBuffer.wrap(frame);
        while (buffer.hasRemaining()) {
            out.write(buffer, end + buffer.position());
        }
        out.force(true);
        end += frame.length;
        dirty = false;
    }

    private void use(int fileNumber, long length) throws IOException {
        FileChannel before = channel;
        Path file = file(fileNumber);
        boolean made = !Files.exists(file);
        FileChannel opened = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (opened.size() > length) {
            opened.truncate(length);
            opened.force(true);
        }
        if (made) {
            try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
                directory.force(true);
            }
        }
        if (before != null) {
            before.close();
        }
        channel = opened;
        number = fileNumber;
        end = length;
        dirty = false;
    }

    private static byte[] frame(List<String> lines) {
        byte[] body = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        byte[] header = ("# " + body.length + " " + crc(body) + "\n").getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream frame = new ByteArrayOutputStream(header.length + body.length);
        frame.writeBytes(header);
        frame.writeBytes(body);
        return frame.toByteArray();
    }

    private static String crc(byte[] octets) {
        CRC32C crc = new CRC32C();
        crc.update(octets);
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    /** The files, oldest first. */
    List<Path> all() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches(PREFIX + "\\d{8}" + SUFFIX))
                    .sorted()
                    .toList();
        }
    }

    /** The lines of a file; none where it was deleted meanwhile. */
    List<String> lines(Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        byte[] contents;
        long known;
        synchronized (this) {
            known = file.equals(file(number)) ? end : Long.MAX_VALUE;
            try {
                contents = Files.readAllBytes(file);
            } catch (NoSuchFileException e) {
                return List.of();
            }
        }
        byte[] written = known < contents.length ? Arrays.copyOf(contents, (int) known) : contents;
        long whole = frames(file, written, lines);
        if (whole < written.length) {
            throw new Damaged(file, whole);
        }
        return lines;
    }

    /** Deletes a file that is not the one being written. */
    synchronized void delete(Path file) throws IOException {
        if (!file.equals(file(number))) {
            Files.deleteIfExists(file);
        }
    }

    /** @return up to where the file is whole; behind it is nothing that was ever whole */
    private static long frames(Path file, byte[] contents, List<String> lines) throws Damaged {
        int at = 0;
        while (at < contents.length) {
            int next = frame(contents, at, lines);
            if (next < 0) {
                for (int later = at; later < contents.length; later++) {
                    if (startsWith(contents, later, NEXT_FRAME) && frame(contents, later + 1, new ArrayList<>()) > 0) {
                        throw new Damaged(file, at);
                    }
                }
                return at;
            }
            at = next;
        }
        return at;
    }

    /** @return where the frame ends; -1 where there is no whole one */
    private static int frame(byte[] contents, int at, List<String> lines) {
        int newline = at;
        while (newline < contents.length && contents[newline] != '\n' && newline - at < 32) {
            newline++;
        }
        String header = new String(contents, at, newline - at, StandardCharsets.US_ASCII);
        if (newline == contents.length || !header.matches("# [1-9]\\d{0,8} [0-9a-f]{8}")) {
            return -1;
        }
        String[] parts = header.split(" ", -1);
        int from = newline + 1;
        long to = from + Long.parseLong(parts[1]);
        if (to > contents.length) {
            return -1;
        }
        byte[] body = Arrays.copyOfRange(contents, from, (int) to);
        if (!crc(body).equals(parts[2])) {
            return -1;
        }
        new String(body, StandardCharsets.UTF_8).lines().forEach(lines::add);
        return (int) to;
    }

    private static boolean startsWith(byte[] contents, int at, byte[] what) {
        return at + what.length <= contents.length
                && Arrays.equals(contents, at, at + what.length, what, 0, what.length);
    }

    private Path file(int fileNumber) {
        return folder.resolve(String.format(java.util.Locale.ROOT, "%s%08d%s", PREFIX, fileNumber, SUFFIX));
    }

    private static int number(Path file) {
        String name = file.getFileName().toString();
        return Integer.parseInt(name.substring(PREFIX.length(), name.length() - SUFFIX.length()));
    }

    @Override
    public synchronized void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
