package dev.certfleet.pki.testing;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What becomes of an encoding on a bad day: cut off at each octet, and changed in a few places, the same way each time. */
public final class Mutations {
    private Mutations() {}

    public static Stream<byte[]> truncations(byte[] encoding) {
        return IntStream.range(0, encoding.length).mapToObj(length -> Arrays.copyOf(encoding, length));
    }

    public static Stream<byte[]> changes(byte[] encoding, int count) {
        Random random = new Random(encoding.length);
        return Stream.generate(() -> {
                    byte[] changed = encoding.clone();
                    for (int i = random.nextInt(3); i >= 0; i--) {
                        changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
                    }
                    return changed;
                })
                .limit(count);
    }
}
