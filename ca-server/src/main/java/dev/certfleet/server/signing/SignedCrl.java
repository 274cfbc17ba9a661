package dev.certfleet.server.signing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

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

    public void writeTo(OutputStream out) throws IOException {
        out.write(head);
        try (InputStream in = entries.open()) {
            in.transferTo(out);
        }
        out.write(tail);
    }
}
