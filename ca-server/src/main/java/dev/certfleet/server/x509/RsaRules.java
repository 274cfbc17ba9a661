package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/**
 * Rules for RSA keys: {@code key-size} (2048, 3072 or 4096 bits, as far as allowed), {@code rsa-exponent} (odd, from 65537 up to 256
 * bits: FIPS 186-5 section 5.4), {@code rsa-modulus} (odd, no factor below 65536, no prime, no two primes so close that
 * Fermat's method finds them in {@value #FERMAT_ROUNDS} steps: CVE-2022-26320) and {@code roca} ({@link Roca}).
 */
final class RsaRules {
    private static final int FERMAT_ROUNDS = 100;
    private static final int SMALL = 1 << 16;
    private static final int MAX_EXPONENT_BITS = 256;
    private static final BigInteger F4 = BigInteger.valueOf(65537);
    private static final BigInteger SMALL_PRIMES = IntStream.range(2, SMALL)
            .mapToObj(BigInteger::valueOf)
            .filter(number -> number.isProbablePrime(30))
            .reduce(BigInteger.ONE, BigInteger::multiply);

    private RsaRules() {}

    static List<Violation> check(SubjectPublicKeyInfo key, Set<KeyAlgorithm> allowed) {
        if (!DERNull.INSTANCE.equals(key.getAlgorithm().getParameters())) {
            return List.of(
                    new Violation("key-encoding", "the RSA key's parameters are not NULL (RFC 3279 section 2.3.1)"));
        }
        try {
            if (!DerShape.isPlain(key.getPublicKeyData().getOctets())) {
                return List.of(new Violation("key-encoding", "the RSA key is not one DER structure"));
            }
            ASN1Sequence rsa = ASN1Sequence.getInstance(key.parsePublicKey());
            if (rsa.size() == 2) {
                return check(integer(rsa, 0), integer(rsa, 1), allowed);
            }
            return List.of(new Violation("key-encoding", "the RSA key is not a modulus and an exponent"));
        } catch (IOException | RuntimeException e) {
            return List.of(new Violation("key-encoding", "the RSA key cannot be read"));
        }
    }

    private static List<Violation> check(BigInteger modulus, BigInteger exponent, Set<KeyAlgorithm> allowed) {
        List<Violation> violations = new ArrayList<>();
        if (exponent.compareTo(F4) < 0 || !exponent.testBit(0) || exponent.bitLength() > MAX_EXPONENT_BITS) {
            violations.add(new Violation("rsa-exponent", "the RSA exponent is not an odd number from 65537 to 2^256"));
        }
        KeyAlgorithm size = KeyAlgorithms.RSA_SIZES.get(modulus.bitLength());
        if (size == null || !allowed.contains(size) || modulus.signum() <= 0) {
            violations.add(new Violation(
                    "key-size", "the RSA key has " + modulus.bitLength() + " bits, which is not allowed"));
            return violations; // what follows costs too much for keys of any size
        }
        weakness(modulus).ifPresent(detail -> violations.add(new Violation("rsa-modulus", detail)));
        if (Roca.marks(modulus)) {
            violations.add(new Violation("roca", "the RSA key was made by a flawed Infineon library (CVE-2017-15361)"));
        }
        return violations;
    }

    /** With its sign, which Bouncy Castle's own reader of RSA keys passes over. */
    private static BigInteger integer(ASN1Sequence key, int index) {
        return ASN1Integer.getInstance(key.getObjectAt(index)).getValue();
    }

    private static Optional<String> weakness(BigInteger modulus) {
        if (!modulus.gcd(SMALL_PRIMES.mod(modulus)).equals(BigInteger.ONE)) {
            return Optional.of("the RSA modulus has a factor below " + SMALL);
        }
        if (isFactoredByFermat(modulus)) {
            return Optional.of("the RSA modulus is a product of two numbers that are too close");
        }
        return modulus.isProbablePrime(1) ? Optional.of("the RSA modulus is a prime") : Optional.empty();
    }

    /** Whether n = a² − b² with one of the first few a ≥ √n. */
    private static boolean isFactoredByFermat(BigInteger modulus) {
        BigInteger[] root = modulus.sqrtAndRemainder();
        if (root[1].signum() == 0) {
            return true;
        }
        BigInteger a = root[0].add(BigInteger.ONE);
        BigInteger square = a.multiply(a).subtract(modulus);
        for (int round = 0; round < FERMAT_ROUNDS; round++) {
            if (isSquare(square)) {
                return true;
            }
            square = square.add(a.shiftLeft(1)).add(BigInteger.ONE);
            a = a.add(BigInteger.ONE);
        }
        return false;
    }

    private static boolean isSquare(BigInteger number) {
        int low = number.intValue() & 15; // squares are 0, 1, 4 or 9 modulo 16
        return (low == 0 || low == 1 || low == 4 || low == 9) && number.sqrtAndRemainder()[1].signum() == 0;
    }
}
