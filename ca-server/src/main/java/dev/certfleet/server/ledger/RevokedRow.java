package dev.certfleet.server.ledger;

import dev.certfleet.server.x509.Serial;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A line of a CRL (RFC 5280 section 5.3) as it comes from the database; filled again for each. */
public final class RevokedRow {
    /** The reason of what is on a CRL no longer (RFC 5280 section 5.3.1). */
    public static final int REMOVE_FROM_CRL = 8;

    /** Instead of an invalidity date that there is not. */
    public static final long NEVER = Long.MIN_VALUE;

    private static final long SECONDS_TO_2000 = 946_684_800;
    private static final long MICROS = 1_000_000;

    private final byte[] serial = new byte[Serial.LENGTH];
    private long revokedAt;
    private int reason;
    private long invalidityDate;

    RevokedRow() {}

    /** Reads the fields of a row: serial, time, reason, invalidity date, each behind its length. */
    void fill(ByteBuffer in) throws IOException {
        expect(in, Serial.LENGTH);
        in.get(serial);
        expect(in, Long.BYTES);
        revokedAt = seconds(in.getLong());
        expect(in, Short.BYTES);
        reason = in.getShort();
        int length = in.getInt();
        if (length >= 0 && length != Long.BYTES) {
            throw unexpected(length);
        }
        invalidityDate = length < 0 ? NEVER : seconds(in.getLong());
    }

    private static void expect(ByteBuffer in, int wanted) throws IOException {
        int length = in.getInt();
        if (length != wanted) {
            throw unexpected(length);
        }
    }

    private static IOException unexpected(int length) {
        return new IOException("a field of " + length + " octets in a row of COPY");
    }

    private static long seconds(long microsFrom2000) {
        return Math.floorDiv(microsFrom2000, MICROS) + SECONDS_TO_2000;
    }

    /** The serial's 16 octets, to be read until the next row. */
    public byte[] serial() {
        return serial;
    }

    /** When it was revoked, or released where it is on a CRL no longer; seconds since 1970, rounded down. */
    public long revokedAt() {
        return revokedAt;
    }

    /** The code of RFC 5280 section 5.3.1. */
    public int reason() {
        return reason;
    }

    /** Seconds since 1970, rounded down, or {@link #NEVER}. */
    public long invalidityDate() {
        return invalidityDate;
    }
}
