package dev.certfleet.server.ocsp;

import org.jspecify.annotations.Nullable;

/** A serial's 16 octets, by which a certificate's status is found. */
class SerialKey {
    private final long high;
    private final long low;

    SerialKey(long high, long low) {
        this.high = high;
        this.low = low;
    }

    final long high() {
        return high;
    }

    final long low() {
        return low;
    }

    @Override
    public final boolean equals(@Nullable Object other) {
        return other instanceof SerialKey key && key.high == high && key.low == low;
    }

    /** Serials are random. */
    @Override
    public final int hashCode() {
        return Long.hashCode(low);
    }
}
