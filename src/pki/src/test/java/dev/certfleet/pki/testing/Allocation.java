package dev.certfleet.pki.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * What reading costs in memory, as a bound in the length of what is read: a reader that believes a declared length, or does
 * the same work again for each element, breaks it. It is counted, not timed, so a busy machine changes nothing.
 */
public final class Allocation {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long FIXED = 1 << 20;
    /** Under the fuzzer each comparison of texts allocates too; what is quadratic breaks this bound all the same. */
    private static final long FOR_EACH_OCTET = 4096;

    private static final int TRIES = 3;

    private Allocation() {}

    /** Something that is read. */
    @FunctionalInterface
    public interface Reading<T, E extends Exception> {
        T read() throws E;
    }

    /**
     * Reads twice, and checks what was allocated the first time. Classes may have been loaded too, so a bound that is broken is
     * tried again.
     *
     * @param length octets, or characters, of what is read
     */
    public static <T, E extends Exception> T bounded(int length, Reading<T, E> reading) throws E {
        long limit = FIXED + FOR_EACH_OCTET * length;
        for (int tries = 1; tries < TRIES; tries++) {
            if (allocatedBy(reading) <= limit) {
                return reading.read();
            }
        }
        long allocated = allocatedBy(reading);
        if (allocated > limit) {
            throw new AssertionError(allocated + " octets were allocated to read " + length);
        }
        return reading.read();
    }

    private static long allocatedBy(Reading<?, ?> reading) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            reading.read();
        } catch (Exception e) {
            // What is thrown is seen when it is read again.
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
