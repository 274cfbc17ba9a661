package dev.certfleet.server.x509;

import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * A certificate's serial number: 128 random bits, always exactly 16 octets with a first octet that is not zero, unique
 * across all authorities (etcd compares serials only). In DER it takes 17 octets when its top bit is set, which is within the
 * 20 that RFC 5280 section 4.1.2.2 allows.
 */
public record Serial(BigInteger value) implements Comparable<Serial> {
    /** Octets of the unsigned value. */
    public static final int LENGTH = 16;

    public Serial {
        if (value.signum() <= 0 || (value.bitLength() + 7) / 8 != LENGTH) {
            throw new IllegalArgumentException("a serial has exactly 16 octets and its first is not zero");
        }
    }

    /** A new serial from the given source. */
    public static Serial random(SecureRandom random) {
        byte[] octets = new byte[LENGTH];
        do {
            random.nextBytes(octets);
        } while (octets[0] == 0);
        return of(octets);
    }

    /** @throws IllegalArgumentException unless there are 16 octets and the first is not zero */
    public static Serial of(byte[] sixteen) {
        return new Serial(new BigInteger(1, sixteen));
    }

    /** @throws IllegalArgumentException unless it is what {@link #hex()} gives; upper case is taken too */
    public static Serial parse(String hex) {
        if (hex.length() != 2 * LENGTH) {
            throw new IllegalArgumentException("a serial is 32 hexadecimal digits");
        }
        return of(HexFormat.of().parseHex(hex));
    }

    /** The unsigned value in exactly 16 octets, big endian. */
    public byte[] bytes() {
        byte[] signed = value.toByteArray();
        byte[] octets = new byte[LENGTH];
        System.arraycopy(signed, signed.length - LENGTH, octets, 0, LENGTH);
        return octets;
    }

    /** 32 lowercase hexadecimal digits. */
    public String hex() {
        return HexFormat.of().formatHex(bytes());
    }

    @Override
    public int compareTo(Serial other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return hex();
    }
}
