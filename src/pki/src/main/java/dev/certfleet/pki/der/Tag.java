package dev.certfleet.pki.der;

/** Identifier octets (X.690 section 8.1.2). Only tag numbers below 31 occur in X.509 and OCSP, so one octet is all. */
public final class Tag {
    public static final int BOOLEAN = 0x01;
    public static final int INTEGER = 0x02;
    public static final int BIT_STRING = 0x03;
    public static final int OCTET_STRING = 0x04;
    public static final int NULL = 0x05;
    public static final int OBJECT_IDENTIFIER = 0x06;
    public static final int ENUMERATED = 0x0a;
    public static final int UTF8_STRING = 0x0c;
    public static final int PRINTABLE_STRING = 0x13;
    public static final int IA5_STRING = 0x16;
    public static final int UTC_TIME = 0x17;
    public static final int GENERALIZED_TIME = 0x18;
    public static final int SEQUENCE = 0x30;
    public static final int SET = 0x31;

    private static final int CONTEXT = 0x80;
    private static final int CONSTRUCTED = 0x20;

    private Tag() {}

    /** {@code [number]} around a primitive value, that is: IMPLICIT of a primitive type. */
    public static int context(int number) {
        return CONTEXT | number;
    }

    /** {@code [number]} around elements: EXPLICIT, or IMPLICIT of a SEQUENCE or SET. */
    public static int constructed(int number) {
        return CONTEXT | CONSTRUCTED | number;
    }

    static boolean isConstructed(int tag) {
        return (tag & CONSTRUCTED) != 0;
    }
}
