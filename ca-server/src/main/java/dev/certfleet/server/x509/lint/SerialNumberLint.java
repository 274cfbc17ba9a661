package dev.certfleet.server.x509.lint;

import java.math.BigInteger;
import java.util.List;

/**
 * RFC 5280 section 4.1.2.2: positive, at most 20 octets in DER. Certfleet's own are of 16 octets, enough that etcd, which compares
 * serials alone, never takes one for another.
 */
final class SerialNumberLint implements Lint {
    private static final int MIN_BITS = 121;
    private static final int MAX_OCTETS = 20;

    @Override
    public String name() {
        return "serial-number";
    }

    @Override
    public List<String> check(Twin twin) {
        BigInteger serial = twin.certificate().getSerialNumber();
        return Lint.unless(
                serial.signum() > 0 && serial.bitLength() >= MIN_BITS && serial.toByteArray().length <= MAX_OCTETS,
                "the serial " + serial.toString(16) + " is not a positive number of 16 to 20 octets");
    }
}
