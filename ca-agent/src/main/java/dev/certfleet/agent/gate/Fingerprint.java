package dev.certfleet.agent.gate;

import java.util.HexFormat;
import java.util.Optional;

/** SHA-256 over a certificate: how Kubernetes and certfleet both name it. Four numbers, since there are many in memory. */
record Fingerprint(long first, long second, long third, long fourth) {
    private static final int DIGITS = 64;

    /** Empty unless the text is 64 lowercase hexadecimal digits. */
    static Optional<Fingerprint> parse(String hex) {
        if (hex.length() != DIGITS || !hex.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return Optional.empty();
        }
        return Optional.of(new Fingerprint(
                HexFormat.fromHexDigitsToLong(hex, 0, 16),
                HexFormat.fromHexDigitsToLong(hex, 16, 32),
                HexFormat.fromHexDigitsToLong(hex, 32, 48),
                HexFormat.fromHexDigitsToLong(hex, 48, DIGITS)));
    }

    String hex() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(first) + hex.toHexDigits(second) + hex.toHexDigits(third) + hex.toHexDigits(fourth);
    }

    @Override
    public String toString() {
        return hex();
    }
}
