package dev.certfleet.server.x509;

import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * A certificate's serial number, at most 16 octets, unique across all authorities (etcd compares serials only). Certfleet's own
 * are 128 random bits whose first octet is not zero; those of adopted certificates are as they are, kubeadm's of 63 bits. In
 * DER it takes 17 octets when its top bit is set, which is within the 20 that RFC 5280 section 4.1.2.2 allows.
 */
public record Serial(BigInteger value) implements Comparable<Serial> {
    /** Octets of the unsigned value, leading zeros included. */
    public static final int LENGTH = 16;

    public Serial {
        if (value.signum() <= 0 || value.bitLength() > 8 * LENGTH) {
            throw new IllegalArgumentException("a serial is a positive number of at most 16 octets");
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

    /** @throws IllegalArgumentException unless there are 16 octets, not all zero */
    public static Serial of(byte[] sixteen) {
        if (sixteen.length != LENGTH) {
            throw new IllegalArgumentException("a serial is kept as 16 octets");
        }
        return new Serial(new BigInteger(1, sixteen));
    }

    /**
     * What {@link #hex()} gives, or the same with fewer zeros in front; upper case is taken too.
     *
     * @throws IllegalArgumentException where it is anything else
     */
    public static Serial parse(String hex) {
        if (hex.isEmpty() || hex.length() > 2 * LENGTH) {
            throw new IllegalArgumentException("a serial is 1 to 32 hexadecimal digits");
        }
        return of(HexFormat.of().parseHex("0".repeat(2 * LENGTH - hex.length()) + hex));
    }

    /** The unsigned value in exactly 16 octets, big endian. */
    public byte[] bytes() {
        byte[] signed = value.toByteArray();
        int length = Math.min(signed.length, LENGTH);
        byte[] octets = new byte[LENGTH];
        System.arraycopy(signed, signed.length - length, octets, LENGTH - length, length);
        return octets;
    }

    /** 32 lowercase hexadecimal digits, leading zeros included. */
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
