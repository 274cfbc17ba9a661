package dev.certfleet.server.ocsp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How a request names a certificate (RFC 6960 section 4.1.1).
 *
 * @param beginning the algorithm and the hashes of the issuer's name and key, DER, as they stand in front of the serial
 * @param serial null for a number that no serial of ours or of what was adopted can be
 * @param der the CertID itself
 */
record CertId(byte[] beginning, @Nullable SerialKey serial, byte[] der) {
    static final int SERIAL_OCTETS = 16;

    /** @param number the contents of the serial's INTEGER, in its shortest form */
    static @Nullable SerialKey serial(byte[] number) {
        boolean padded = number.length == SERIAL_OCTETS + 1 && number[0] == 0;
        if (!padded && (number.length > SERIAL_OCTETS || number[0] < 0 || (number.length == 1 && number[0] == 0))) {
            return null;
        }
        byte[] octets = new byte[SERIAL_OCTETS];
        int length = Math.min(number.length, SERIAL_OCTETS);
        System.arraycopy(number, number.length - length, octets, SERIAL_OCTETS - length, length);
        return new SerialKey(longAt(octets, 0), longAt(octets, SERIAL_OCTETS / 2));
    }

    private static long longAt(byte[] octets, int at) {
        long value = 0;
        for (int i = at; i < at + 8; i++) {
            value = value << 8 | (octets[i] & 0xff);
        }
        return value;
    }

    /** What tells issuers apart without looking at all of the beginning: the end of the key's hash. */
    static long tail(byte[] beginning) {
        return beginning.length < 8 ? 0 : longAt(beginning, beginning.length - 8);
    }

    boolean beginsWith(byte[] other) {
        return Arrays.equals(beginning, other);
    }
}
