package dev.certfleet.pki.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** What a test needs of the machine. A developer's may lack it and the test is left out; in CI that is a failure. */
public final class Needs {
    private Needs() {}

    /** @throws AssertionError in CI (environment variable {@code CI}), where the need is not met */
    public static void met(boolean there, String need) {
        if (!there && System.getenv("CI") != null) {
            throw new AssertionError("this test needs " + need + ", and in CI nothing is left out");
        }
        assumeTrue(there, need);
    }
}
