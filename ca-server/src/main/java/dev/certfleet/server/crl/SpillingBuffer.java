package dev.certfleet.server.crl;

import dev.certfleet.server.signing.CrlEntries;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Holds what is written to it: the last block in memory, those before it in a file, which is there only if there has to be
 * one, and is gone when this is closed. Each block that goes to the file is handed over as well.
 */
final class SpillingBuffer extends OutputStream implements CrlEntries {
    /** A block, in octets. */
    static final int BLOCK = 1024 * 1024;

    private static final int PIECE = 256 * 1024;

    private final Path folder;
    private final Blocks blocks;
    private byte[] block = new byte[4096];
    private int used;
    private @Nullable Path file;
    private @Nullable OutputStream spilled;
    private long length;

    /** Takes the blocks that do not stay in memory, each of {@link #BLOCK} octets, in their order. */
    interface Blocks {
        /** @param block is not changed any more */
        void put(byte[] block) throws IOException;
    }

    /** @param folder where the file is, if there has to be one */
    SpillingBuffer(Path folder, Blocks blocks) {
        this.folder = folder;
        this.blocks = blocks;
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] octets, int offset, int count) throws IOException {
        int done = 0;
        while (done < count) {
            if (used == BLOCK) {
                spill();
            }
            int now = Math.min(count - done, BLOCK - used);
            if (used + now > block.length) {
                block = Arrays.copyOf(block, Math.min(BLOCK, Math.max(used + now, 2 * block.length)));
            }
            System.arraycopy(octets, offset + done, block, used, now);
            used += now;
            done += now;
        }
        length += count;
    }

    private void spill() throws IOException {
        if (spilled == null) {
            Path made = Files.createTempFile(folder, "entries", ".tmp");
            file = made;
            spilled = Files.newOutputStream(made);
        }
        spilled.write(block);
        blocks.put(block);
        block = new byte[BLOCK];
        used = 0;
    }

    @Override
    public long length() {
        return length;
    }

    /** Whether blocks were handed over. */
    boolean isSpilled() {
        return file != null;
    }

    /** What was not handed over. */
    byte[] rest() {
        return Arrays.copyOf(block, used);
    }

    /** Nothing is written to it afterwards. */
    @Override
    public InputStream open() throws IOException {
        InputStream rest = new ByteArrayInputStream(block, 0, used);
        return file == null ? rest : new LargePieces(new SequenceInputStream(Files.newInputStream(file), rest));
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
