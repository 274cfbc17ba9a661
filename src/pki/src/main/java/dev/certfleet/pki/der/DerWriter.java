package dev.certfleet.pki.der;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Writes DER in one pass into one buffer. An element with elements in it is opened with one octet for its length; when it
 * is closed with more than 127 octets, its contents move up by what the length needs. A writer can be {@link #reset()} and
 * used again, so that a hot path allocates nothing.
 */
public final class DerWriter {
    private static final int MAX_SIZE = Integer.MAX_VALUE - 16;

    private byte[] buffer;
    private int size;

    public DerWriter() {
        this(256);
    }

    public DerWriter(int capacity) {
        this.buffer = new byte[capacity];
    }

    /** Forgets what was written, and keeps the buffer. */
    public void reset() {
        size = 0;
    }

    public int size() {
        return size;
    }

    /** What was written, as a copy. */
    public byte[] toByteArray() {
        return Arrays.copyOf(buffer, size);
    }

    /** Writes an element whose contents {@code body} writes. */
    public DerWriter constructed(int tag, Consumer<DerWriter> body) {
        int mark = open(tag);
        body.accept(this);
        return close(mark);
    }

    public DerWriter sequence(Consumer<DerWriter> body) {
        return constructed(Tag.SEQUENCE, body);
    }

    public DerWriter set(Consumer<DerWriter> body) {
        return constructed(Tag.SET, body);
    }

    /** An OCTET STRING around other elements, as extensions have it. */
    public DerWriter octetString(Consumer<DerWriter> body) {
        return constructed(Tag.OCTET_STRING, body);
    }

    /** Begins an element; the returned mark belongs to {@link #close(int)}. */
    public int open(int tag) {
        ensure(2);
        buffer[size++] = (byte) tag;
        buffer[size++] = 0;
        return size;
    }

    /** Ends the element that {@code mark} began. */
    public DerWriter close(int mark) {
        int length = size - mark;
        int more = lengthOctets(length) - 1;
        if (more > 0) {
            ensure(more);
            System.arraycopy(buffer, mark, buffer, mark + more, length);
            size += more;
        }
        putLength(mark - 1, length);
        return this;
    }

    /** An element with these contents. */
    public DerWriter primitive(int tag, byte[] contents) {
        begin(tag, contents.length);
        return encoded(contents);
    }

    /** An element, or several, that are encoded already. */
    public DerWriter encoded(byte[] element) {
        ensure(element.length);
        System.arraycopy(element, 0, buffer, size, element.length);
        size += element.length;
        return this;
    }

    public DerWriter bool(boolean value) {
        begin(Tag.BOOLEAN, 1);
        return octet(value ? 0xff : 0);
    }

    public DerWriter integer(BigInteger value) {
        return primitive(Tag.INTEGER, value.toByteArray());
    }

    public DerWriter integer(long value) {
        return number(Tag.INTEGER, value);
    }

    public DerWriter enumerated(int value) {
        return number(Tag.ENUMERATED, value);
    }

    private DerWriter number(int tag, long value) {
        int octets = 1;
        while (octets < 8 && value >> (8 * octets - 1) != 0 && value >> (8 * octets - 1) != -1) {
            octets++;
        }
        begin(tag, octets);
        for (int i = octets - 1; i >= 0; i--) {
            octet((int) (value >> (8 * i)));
        }
        return this;
    }

    public DerWriter nothing() {
        begin(Tag.NULL, 0);
        return this;
    }

    public DerWriter octetString(byte[] contents) {
        return primitive(Tag.OCTET_STRING, contents);
    }

    /** A BIT STRING of whole octets, as keys and signatures are. */
    public DerWriter bitString(byte[] contents) {
        begin(Tag.BIT_STRING, contents.length + 1);
        octet(0);
        return encoded(contents);
    }

    public DerWriter utf8String(String text) {
        return primitive(Tag.UTF8_STRING, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * An OBJECT IDENTIFIER from dotted decimals.
     *
     * @throws IllegalArgumentException where it is not one
     */
    public DerWriter objectIdentifier(String dotted) {
        int mark = open(Tag.OBJECT_IDENTIFIER);
        String[] arcs = dotted.split("\\.");
        if (arcs.length < 2) {
            throw new IllegalArgumentException("not an object identifier: " + dotted);
        }
        arc(Long.parseLong(arcs[0]) * 40 + Long.parseLong(arcs[1]));
        for (int i = 2; i < arcs.length; i++) {
            arc(Long.parseLong(arcs[i]));
        }
        return close(mark);
    }

    private void arc(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("an arc below zero: " + value);
        }
        ensure(10);
        int groups = Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
        for (int i = groups - 1; i > 0; i--) {
            octet(((int) (value >> (7 * i)) & 0x7f) | 0x80);
        }
        octet((int) value & 0x7f);
    }

    /** A GeneralizedTime, in seconds (RFC 5280 section 4.1.2.5.2). */
    public DerWriter generalizedTime(Instant time) {
        begin(Tag.GENERALIZED_TIME, 15);
        LocalDateTime utc = LocalDateTime.ofInstant(time, ZoneOffset.UTC);
        if (utc.getYear() < 0 || utc.getYear() > 9999) {
            throw new IllegalArgumentException("a year that has no four digits: " + utc.getYear());
        }
        decimal(utc.getYear() / 100);
        decimal(utc.getYear() % 100);
        return monthToSecond(utc);
    }

    /**
     * A time as X.509 has it: UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5).
     *
     * @throws IllegalArgumentException for a time before 1950
     */
    public DerWriter time(Instant time) {
        LocalDateTime utc = LocalDateTime.ofInstant(time, ZoneOffset.UTC);
        if (utc.getYear() >= 2050) {
            return generalizedTime(time);
        }
        if (utc.getYear() < 1950) {
            throw new IllegalArgumentException("a time before 1950: " + time);
        }
        begin(Tag.UTC_TIME, 13);
        decimal(utc.getYear() % 100);
        return monthToSecond(utc);
    }

    private DerWriter monthToSecond(LocalDateTime utc) {
        decimal(utc.getMonthValue());
        decimal(utc.getDayOfMonth());
        decimal(utc.getHour());
        decimal(utc.getMinute());
        decimal(utc.getSecond());
        return octet('Z');
    }

    private void decimal(int twoDigits) {
        octet('0' + twoDigits / 10);
        octet('0' + twoDigits % 10);
    }

    private DerWriter octet(int value) {
        ensure(1);
        buffer[size++] = (byte) value;
        return this;
    }

    private void begin(int tag, int length) {
        int octets = lengthOctets(length);
        ensure(1 + octets + length);
        buffer[size++] = (byte) tag;
        putLength(size, length);
        size += octets;
    }

    private static int lengthOctets(int length) {
        if (length < 0x80) {
            return 1;
        }
        return 1 + (39 - Integer.numberOfLeadingZeros(length)) / 8;
    }

    private void putLength(int at, int length) {
        int octets = lengthOctets(length) - 1;
        if (octets == 0) {
            buffer[at] = (byte) length;
            return;
        }
        buffer[at] = (byte) (0x80 | octets);
        for (int i = 1; i <= octets; i++) {
            buffer[at + i] = (byte) (length >> (8 * (octets - i)));
        }
    }

    private void ensure(int more) {
        long needed = (long) size + more;
        if (needed <= buffer.length) {
            return;
        }
        if (needed > MAX_SIZE) {
            throw new IllegalStateException("an encoding of more than " + MAX_SIZE + " octets");
        }
        buffer = Arrays.copyOf(buffer, (int) Math.min(MAX_SIZE, Math.max(needed, 2L * buffer.length)));
    }
}
