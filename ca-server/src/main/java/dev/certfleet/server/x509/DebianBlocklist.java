package dev.certfleet.server.x509;

/** Keys that Debian's OpenSSL of 2006 to 2008 could make (CVE-2008-0166). */
public final class DebianBlocklist {
    private DebianBlocklist() {}

    /** What comes with certfleet. */
    public static DebianBlocklist builtIn() {
        return new DebianBlocklist();
    }
}
