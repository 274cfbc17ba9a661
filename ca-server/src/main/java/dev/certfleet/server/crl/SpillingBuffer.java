package dev.certfleet.server.crl;

import dev.certfleet.server.signing.CrlEntries;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Holds what is written to it in memory up to a size, and in a file beyond it. The file is gone when this is closed. */
final class SpillingBuffer extends OutputStream implements CrlEntries {
    /** What is kept in memory, in octets. */
    static final int IN_MEMORY = 1024 * 1024;

    private static final int PIECE = 256 * 1024;

    private final Path folder;
    private final ByteArrayOutputStream memory = new ByteArrayOutputStream(4096);
    private @Nullable Path file;
    private @Nullable OutputStream spilled;
    private long length;

    /** @param folder where the file is, if there has to be one */
    SpillingBuffer(Path folder) {
        this.folder = folder;
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] octets, int offset, int count) throws IOException {
        if (spilled == null && length + count > IN_MEMORY) {
            Path made = Files.createTempFile(folder, "entries", ".tmp");
            file = made;
            spilled = Files.newOutputStream(made);
            memory.writeTo(spilled);
            memory.reset();
        }
        if (spilled == null) {
            memory.write(octets, offset, count);
        } else {
            spilled.write(octets, offset, count);
        }
        length += count;
    }

    @Override
    public long length() {
        return length;
    }

    /** Nothing is written to it afterwards. */
    @Override
    public InputStream open() throws IOException {
        return file == null
                ? new ByteArrayInputStream(memory.toByteArray())
                : new LargePieces(Files.newInputStream(file));
    }

    /** Hands over large pieces: each one costs a call into the cryptographic provider. */
    private static final class LargePieces extends java.io.FilterInputStream {
        LargePieces(InputStream in) {
            super(in);
        }

        @Override
        public long transferTo(OutputStream out) throws IOException {
            byte[] piece = new byte[PIECE];
            long moved = 0;
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                out.write(piece, 0, read);
                moved += read;
            }
            return moved;
        }
    }

    @Override
    public void close() throws IOException {
        if (spilled != null) {
            spilled.close();
        }
        if (file != null) {
            Files.deleteIfExists(file);
        }
    }
}
