package dev.certfleet.server.x509.lint;

import java.util.List;

/** One check of a certificate. */
interface Lint {
    /** Its stable name. */
    String name();

    /** Everything that breaks it; empty for a good certificate. */
    List<String> check(Twin twin);

    /** A finding where the condition does not hold. */
    static List<String> unless(boolean condition, String finding) {
        return condition ? List.of() : List.of(finding);
    }
}
