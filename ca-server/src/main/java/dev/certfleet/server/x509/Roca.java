package dev.certfleet.server.x509;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * The fingerprint of RSA keys from Infineon's library (CVE-2017-15361; Nemec, Sys, Svenda, Klinec, Matyas: "The Return of
 * Coppersmith's Attack", CCS 2017, section 2). Its primes are k·M + 65537^a mod M, where M is the product of the first primes, so
 * that the modulus is a power of 65537 modulo each of these. Of other keys about one in 2^27 is so by chance.
 */
final class Roca {
    /** 39 primes divide M even for the shortest keys; longer keys have more. */
    private static final int LARGEST_PRIME = 167;

    private static final int GENERATOR = 65537;

    /** For one small prime, which remainders are powers of the generator. */
    private record Residues(int prime, boolean[] powers) {}

    private static final List<Residues> ALL = residues();

    private Roca() {}

    /** Whether the modulus bears the fingerprint. */
    static boolean marks(BigInteger modulus) {
        return ALL.stream()
                .allMatch(residues -> residues.powers[
                        modulus.mod(BigInteger.valueOf(residues.prime)).intValue()]);
    }

    private static List<Residues> residues() {
        List<Residues> all = new ArrayList<>();
        for (int prime = 3; prime <= LARGEST_PRIME; prime += 2) {
            if (BigInteger.valueOf(prime).isProbablePrime(30)) {
                boolean[] powers = new boolean[prime];
                int power = 1;
                do {
                    powers[power] = true;
                    power = power * GENERATOR % prime;
                } while (power != 1);
                all.add(new Residues(prime, powers));
            }
        }
        return List.copyOf(all);
    }
}
