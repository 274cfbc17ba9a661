package dev.certfleet.server.x509;

import java.util.List;

/** A certificate that was about to be signed breaks a rule: a defect of certfleet or of its settings, not of a request. */
public final class LintException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<Violation> findings;

    LintException(List<Violation> findings) {
        super(new Violations(findings).toString());
        this.findings = List.copyOf(findings);
    }

    /** All lints that failed. */
    public List<Violation> findings() {
        return findings;
    }
}
