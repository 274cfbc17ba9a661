package dev.certfleet.server.signing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;

/** A CertificateList in DER that was signed; its entries are where they were. */
public final class SignedCrl {
    private final byte[] head;
    private final CrlEntries entries;
    private final byte[] tail;

    SignedCrl(byte[] head, CrlEntries entries, byte[] tail) {
        this.head = head;
        this.entries = entries;
        this.tail = tail;
    }

    /** In octets. */
    public long length() {
        return head.length + entries.length() + tail.length;
    }

    /** All that is before the entries. */
    public byte[] head() {
        return head.clone();
    }

    /** The last of the entries, and all that is behind them. */
    public byte[] behind(byte[] lastEntries) {
        byte[] end = Arrays.copyOf(lastEntries, lastEntries.length + tail.length);
        System.arraycopy(tail, 0, end, lastEntries.length, tail.length);
        return end;
    }

    /** The whole, where it is small. */
    public byte[] toByteArray() throws IOException {
        ByteArrayOutputStream whole = new ByteArrayOutputStream(Math.toIntExact(length()));
        writeTo(whole);
        return whole.toByteArray();
    }

    public void writeTo(OutputStream out) throws IOException {
        out.write(head);
        try (InputStream in = entries.open()) {
            in.transferTo(out);
        }
        out.write(tail);
    }
}
