package dev.certfleet.server.x509;

/**
 * Looks over the skeleton of an encoding before a recursive parser is let at it: one structure, definite lengths in their
 * shortest form (X.690 section 10.1), every part inside its parent, and not nested without end.
 */
final class DerShape {
    /** A PKCS#10 with a subjectAltName of directory names needs 15. */
    private static final int MAX_DEPTH = 32;

    private final byte[] der;
    private boolean plain = true;

    private DerShape(byte[] der) {
        this.der = der;
    }

    /** Whether the octets are exactly one structure of that kind. */
    static boolean isPlain(byte[] der) {
        DerShape shape = new DerShape(der);
        return shape.element(0, der.length, 0) == der.length && shape.plain;
    }

    /** Walks the element at the offset and gives the offset after it; -1 where it is not plain. */
    private int element(int offset, int end, int depth) {
        if (depth > MAX_DEPTH || end - offset < 2 || (der[offset] & 0x1f) == 0x1f) {
            return fail();
        }
        boolean constructed = (der[offset] & 0x20) != 0;
        int first = der[offset + 1] & 0xff;
        int start = offset + 2;
        long length = first;
        if (first >= 0x80) {
            int octets = first & 0x7f;
            if (octets == 0 || octets > 3 || end - start < octets) {
                return fail();
            }
            length = 0;
            for (int i = 0; i < octets; i++) {
                length = length << 8 | (der[start + i] & 0xff);
            }
            start += octets;
            if (length < 0x80 || length >>> (8 * (octets - 1)) == 0) {
                return fail();
            }
        }
        if (length > end - start) {
            return fail();
        }
        int stop = start + (int) length;
        return constructed ? children(start, stop, depth) : stop;
    }

    private int children(int start, int stop, int depth) {
        int next = start;
        while (plain && next < stop) {
            next = element(next, stop, depth + 1);
        }
        return next;
    }

    private int fail() {
        plain = false;
        return -1;
    }
}
