package dev.certfleet.server.signing;

import dev.certfleet.pki.der.DerWriter;
import dev.certfleet.pki.der.Tag;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.LocalDate;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/**
 * Writes the entries of CRLs (RFC 5280 section 5.3) into one small buffer and from there into a stream: a million of them
 * allocate nothing.
 */
public final class CrlEntryWriter {
    /** Instead of an invalidity date that there is not. */
    public static final long NEVER = Long.MIN_VALUE;

    private static final int UNSPECIFIED = 0;
    private static final int SECONDS_A_DAY = 86_400;
    /** More than an entry takes that has every extension but certificateIssuer. */
    private static final int LONGEST = 128;

    /** SEQUENCE, OBJECT IDENTIFIER 2.5.29.21, OCTET STRING, ENUMERATED; the reason follows. */
    private static final byte[] REASON_CODE = {0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01};

    /** SEQUENCE, OBJECT IDENTIFIER 2.5.29.24, OCTET STRING, GeneralizedTime; the date follows. */
    private static final byte[] INVALIDITY_DATE = {0x30, 0x18, 0x06, 0x03, 0x55, 0x1d, 0x18, 0x04, 0x11, 0x18, 0x0f};

    private static final int REASON_LENGTH = REASON_CODE.length + 1;
    private static final int INVALIDITY_LENGTH = INVALIDITY_DATE.length + 15;

    private final OutputStream out;
    private final byte[] buffer = new byte[64 * 1024];
    private int size;
    private long knownDay = Long.MIN_VALUE;
    private int year;
    private int month;
    private int day;

    public CrlEntryWriter(OutputStream out) {
        this.out = out;
    }

    /**
     * The critical extension certificateIssuer (section 5.3.3), for the first entry of each issuer but the CRL's own.
     *
     * @param issuer the issuer's certificate, DER
     */
    public static byte[] certificateIssuer(byte[] issuer) {
        try {
            byte[] names = new GeneralNames(
                            new GeneralName(Certificate.getInstance(issuer).getSubject()))
                    .getEncoded(ASN1Encoding.DER);
            return new DerWriter(128)
                    .sequence(extension ->
                            extension.objectIdentifier("2.5.29.29").bool(true).octetString(names))
                    .toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes one entry. {@code unspecified} is said by saying nothing (section 5.3.1).
     *
     * @param serial 16 octets, unsigned, not all zero
     * @param revokedAt seconds since 1970, from 1950 to 9999
     * @param reason its code
     * @param invalidityDate seconds since 1970, or {@link #NEVER}
     * @param more further extensions, DER; may be empty
     */
    public void write(byte[] serial, long revokedAt, int reason, long invalidityDate, byte[] more) throws IOException {
        int extensions = (reason == UNSPECIFIED ? 0 : REASON_LENGTH)
                + (invalidityDate == NEVER ? 0 : INVALIDITY_LENGTH)
                + more.length;
        int first = firstOf(serial);
        int integer = serial.length - first + (serial[first] < 0 ? 1 : 0);
        boolean generalized = yearOf(revokedAt) >= 2050;
        int contents = 2 + integer + 2 + (generalized ? 15 : 13) + (extensions == 0 ? 0 : lengthOf(extensions));
        reserve(LONGEST);
        head(Tag.SEQUENCE, contents);
        head(Tag.INTEGER, integer);
        if (serial[first] < 0) {
            buffer[size++] = 0;
        }
        System.arraycopy(serial, first, buffer, size, serial.length - first);
        size += serial.length - first;
        head(generalized ? Tag.GENERALIZED_TIME : Tag.UTC_TIME, generalized ? 15 : 13);
        time(revokedAt, generalized);
        if (extensions > 0) {
            head(Tag.SEQUENCE, extensions);
        }
        if (reason != UNSPECIFIED) {
            put(REASON_CODE);
            buffer[size++] = (byte) reason;
        }
        if (invalidityDate != NEVER) {
            put(INVALIDITY_DATE);
            time(invalidityDate, true);
        }
        if (more.length > 0) {
            flush();
            out.write(more);
        }
    }

    /** DER writes a number without leading zeros (X.690 section 8.3.2). */
    private static int firstOf(byte[] serial) {
        int first = 0;
        while (serial[first] == 0) {
            first++;
        }
        return first;
    }

    /** Hands over what is in the buffer still. */
    public void flush() throws IOException {
        out.write(buffer, 0, size);
        size = 0;
    }

    private void reserve(int octets) throws IOException {
        if (buffer.length - size < octets) {
            flush();
        }
    }

    private void put(byte[] octets) {
        System.arraycopy(octets, 0, buffer, size, octets.length);
        size += octets.length;
    }

    private void head(int tag, int length) {
        buffer[size++] = (byte) tag;
        if (length >= 0x80) {
            int octets = length < 0x100 ? 1 : 2;
            buffer[size++] = (byte) (0x80 | octets);
            if (octets == 2) {
                buffer[size++] = (byte) (length >> 8);
            }
        }
        buffer[size++] = (byte) length;
    }

    /** Of a whole element. */
    private static int lengthOf(int contents) {
        return contents + (contents < 0x80 ? 2 : contents < 0x100 ? 3 : 4);
    }

    /** The date of the day before is kept: entries in a row are mostly of the same few days. */
    private int yearOf(long seconds) {
        long wanted = Math.floorDiv(seconds, SECONDS_A_DAY);
        if (wanted != knownDay) {
            LocalDate date = LocalDate.ofEpochDay(wanted);
            if (date.getYear() < 1950 || date.getYear() > 9999) {
                throw new IllegalArgumentException("a year that a CRL cannot say: " + date.getYear());
            }
            year = date.getYear();
            month = date.getMonthValue();
            day = date.getDayOfMonth();
            knownDay = wanted;
        }
        return year;
    }

    private void time(long seconds, boolean generalized) {
        int of = yearOf(seconds);
        int second = (int) Math.floorMod(seconds, (long) SECONDS_A_DAY);
        if (generalized) {
            decimal(of / 100);
        }
        decimal(of % 100);
        decimal(month);
        decimal(day);
        decimal(second / 3600);
        decimal(second / 60 % 60);
        decimal(second % 60);
        buffer[size++] = 'Z';
    }

    private void decimal(int twoDigits) {
        buffer[size++] = (byte) ('0' + twoDigits / 10);
        buffer[size++] = (byte) ('0' + twoDigits % 10);
    }
}
