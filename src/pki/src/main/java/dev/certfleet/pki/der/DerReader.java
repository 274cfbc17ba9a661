package dev.certfleet.pki.der;

import static java.util.Locale.ROOT;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;

/**
 * Reads DER front to back, strictly: definite lengths in their shortest form, every element within the one around it, no
 * deeper than {@value #MAX_DEPTH} levels. Nothing is allocated by a declared length before that many octets are known to
 * be there. Each method reads one element and moves on; where the element is not what the method is for, it throws and the
 * reader is of no further use.
 */
public final class DerReader {
    /** The largest encoding that {@link #of(byte[])} takes. */
    public static final int DEFAULT_LIMIT = 1 << 20;

    static final int MAX_DEPTH = 32;
    private static final int MAX_INTEGER_OCTETS = 1024;

    private final byte[] data;
    private final int end;
    private final int depth;
    private int position;

    private DerReader(byte[] data, int start, int end, int depth) {
        this.data = data;
        this.position = start;
        this.end = end;
        this.depth = depth;
    }

    /** A reader of at most {@link #DEFAULT_LIMIT} octets. */
    public static DerReader of(byte[] encoding) throws DerException {
        return of(encoding, DEFAULT_LIMIT);
    }

    /** A reader of at most {@code limit} octets. */
    public static DerReader of(byte[] encoding, int limit) throws DerException {
        if (encoding.length > limit) {
            throw new DerException(
                    "an encoding of " + encoding.length + " octets, where at most " + limit + " are read");
        }
        return new DerReader(encoding, 0, encoding.length, 0);
    }

    /** True while there are more elements at this level. */
    public boolean hasMore() {
        return position < end;
    }

    /** True where the next element has this identifier; false at the end too. */
    public boolean nextIs(int tag) {
        return position < end && (data[position] & 0xff) == tag;
    }

    /** Insists that nothing follows at this level. */
    public void end() throws DerException {
        if (position != end) {
            throw wrong("something follows the last element");
        }
    }

    /** Enters a constructed element: the returned reader sees its contents, this one goes on behind it. */
    public DerReader enter(int tag) throws DerException {
        if (!Tag.isConstructed(tag)) {
            throw new IllegalArgumentException("not the identifier of a constructed element: " + tag);
        }
        if (depth == MAX_DEPTH) {
            throw wrong("more than " + MAX_DEPTH + " levels");
        }
        Element element = next(tag);
        return new DerReader(data, element.start, element.end, depth + 1);
    }

    public DerReader sequence() throws DerException {
        return enter(Tag.SEQUENCE);
    }

    /** The next element whole, identifier and length included, whatever it is. */
    public byte[] element() throws DerException {
        int start = position;
        Element element = next(-1);
        return Arrays.copyOfRange(data, start, element.end);
    }

    /** The contents of the next element. */
    public byte[] contents(int tag) throws DerException {
        Element element = next(tag);
        return Arrays.copyOfRange(data, element.start, element.end);
    }

    /** Passes over the next element, whatever it is. */
    public void skip() throws DerException {
        next(-1);
    }

    public boolean bool() throws DerException {
        Element element = next(Tag.BOOLEAN);
        if (element.length() != 1) {
            throw wrong("a BOOLEAN of " + element.length() + " octets");
        }
        return switch (data[element.start] & 0xff) {
            case 0x00 -> false;
            case 0xff -> true;
            default -> throw wrong("a BOOLEAN that is neither 00 nor ff");
        };
    }

    public BigInteger integer() throws DerException {
        return integer(Tag.INTEGER);
    }

    /** An INTEGER or ENUMERATED within the limits of an int. */
    public int smallInteger(int tag) throws DerException {
        BigInteger value = integer(tag);
        if (value.bitLength() > 31) {
            throw wrong("a number of " + value.bitLength() + " bits where a small one belongs");
        }
        return value.intValue();
    }

    private BigInteger integer(int tag) throws DerException {
        Element element = next(tag);
        int length = element.length();
        if (length == 0 || length > MAX_INTEGER_OCTETS) {
            throw wrong("a number of " + length + " octets");
        }
        if (length > 1) {
            int first = data[element.start];
            boolean nextIsHigh = data[element.start + 1] < 0;
            if ((first == 0 && !nextIsHigh) || (first == -1 && nextIsHigh)) {
                throw wrong("a number that is not in its shortest form");
            }
        }
        return new BigInteger(data, element.start, length);
    }

    /** A BIT STRING of whole octets, as keys and signatures are. */
    public byte[] bitString() throws DerException {
        Element element = next(Tag.BIT_STRING);
        if (element.length() == 0 || data[element.start] != 0) {
            throw wrong("a BIT STRING that is not of whole octets");
        }
        return Arrays.copyOfRange(data, element.start + 1, element.end);
    }

    public byte[] octetString() throws DerException {
        return contents(Tag.OCTET_STRING);
    }

    public void nothing() throws DerException {
        if (next(Tag.NULL).length() != 0) {
            throw wrong("a NULL with contents");
        }
    }

    /** An OBJECT IDENTIFIER in dotted decimals. */
    public String objectIdentifier() throws DerException {
        Element element = next(Tag.OBJECT_IDENTIFIER);
        if (element.length() == 0 || element.length() > 64) {
            throw wrong("an OBJECT IDENTIFIER of " + element.length() + " octets");
        }
        StringBuilder dotted = new StringBuilder();
        long arc = 0;
        boolean begun = false;
        for (int i = element.start; i < element.end; i++) {
            int octet = data[i] & 0xff;
            if (!begun && octet == 0x80) {
                throw wrong("an arc that is not in its shortest form");
            }
            if (arc > Integer.MAX_VALUE) {
                throw wrong("an arc of more than 38 bits");
            }
            arc = arc << 7 | (octet & 0x7f);
            begun = (octet & 0x80) != 0;
            if (!begun) {
                appendArc(dotted, arc);
                arc = 0;
            }
        }
        if (begun) {
            throw wrong("an OBJECT IDENTIFIER that ends within an arc");
        }
        return dotted.toString();
    }

    private static void appendArc(StringBuilder dotted, long arc) {
        if (dotted.isEmpty()) {
            long first = Math.min(arc / 40, 2);
            dotted.append(first).append('.').append(arc - 40 * first);
        } else {
            dotted.append('.').append(arc);
        }
    }

    /** A GeneralizedTime as RFC 5280 section 4.1.2.5.2 has it: UTC, with seconds, without fractions. */
    public Instant generalizedTime() throws DerException {
        Element element = next(Tag.GENERALIZED_TIME);
        if (element.length() != 15 || data[element.end - 1] != 'Z') {
            throw wrong("a GeneralizedTime that is not YYYYMMDDHHMMSSZ");
        }
        int at = element.start;
        return instant(digits(at, 4), at + 4);
    }

    /** A Time (RFC 5280 section 4.1.2.5): UTCTime with seconds for 1950 to 2049, or GeneralizedTime. */
    public Instant time() throws DerException {
        if (!nextIs(Tag.UTC_TIME)) {
            return generalizedTime();
        }
        Element element = next(Tag.UTC_TIME);
        if (element.length() != 13 || data[element.end - 1] != 'Z') {
            throw wrong("a UTCTime that is not YYMMDDHHMMSSZ");
        }
        int at = element.start;
        int year = digits(at, 2);
        return instant(year < 50 ? 2000 + year : 1900 + year, at + 2);
    }

    private Instant instant(int year, int at) throws DerException {
        try {
            return LocalDateTime.of(
                            year,
                            digits(at, 2),
                            digits(at + 2, 2),
                            digits(at + 4, 2),
                            digits(at + 6, 2),
                            digits(at + 8, 2))
                    .toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw wrong("no such time: " + e.getMessage());
        }
    }

    private int digits(int at, int count) throws DerException {
        int value = 0;
        for (int i = at; i < at + count; i++) {
            int digit = data[i] - '0';
            if (digit < 0 || digit > 9) {
                throw wrong("a time with something else than digits");
            }
            value = value * 10 + digit;
        }
        return value;
    }

    private record Element(int start, int end) {
        int length() {
            return end - start;
        }
    }

    private Element next(int wanted) throws DerException {
        if (position >= end) {
            throw wrong("the end, where " + name(wanted) + " belongs");
        }
        int tag = data[position] & 0xff;
        if ((tag & 0x1f) == 0x1f) {
            throw wrong("an identifier of several octets");
        }
        if (wanted >= 0 && tag != wanted) {
            throw wrong(name(tag) + ", where " + name(wanted) + " belongs");
        }
        int at = position + 1;
        if (at >= end) {
            throw wrong("an element without a length");
        }
        int length = data[at++] & 0xff;
        if (length >= 0x80) {
            int octets = length & 0x7f;
            if (octets == 0 || octets > 4 || octets > end - at) {
                throw wrong("a length that is indefinite, too long or cut off");
            }
            long value = 0;
            for (int i = 0; i < octets; i++) {
                value = value << 8 | (data[at++] & 0xff);
            }
            if (value < 0x80 || value >>> (8 * (octets - 1)) == 0) {
                throw wrong("a length that is not in its shortest form");
            }
            if (value > end - at) {
                throw wrong("an element of " + value + " octets, of which " + (end - at) + " are there");
            }
            length = (int) value;
        } else if (length > end - at) {
            throw wrong("an element of " + length + " octets, of which " + (end - at) + " are there");
        }
        position = at + length;
        return new Element(at, position);
    }

    private static String name(int tag) {
        return tag < 0 ? "an element" : String.format(ROOT, "tag %02x", tag);
    }

    private DerException wrong(String what) {
        return new DerException("at octet " + position + ": " + what);
    }
}
