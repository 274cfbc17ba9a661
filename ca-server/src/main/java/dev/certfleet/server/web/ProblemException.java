package dev.certfleet.server.web;

import dev.certfleet.pki.wire.Problem;
import dev.certfleet.server.x509.Violation;
import dev.certfleet.server.x509.Violations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ends a request with a problem. */
final class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ProblemType type;
    private final transient Problem problem;

    ProblemException(ProblemType type, String detail) {
        this(type, detail, null);
    }

    private ProblemException(ProblemType type, String detail, @Nullable List<Problem.Violation> violations) {
        super(detail, null, false, false);
        this.type = type;
        this.problem = new Problem(type.uri(), type.title(), type.status(), detail, violations);
    }

    /** With every rule that the request breaks. */
    static ProblemException refused(Violations violations) {
        return refused(violations.all());
    }

    static ProblemException refused(List<Violation> violations) {
        return new ProblemException(
                ProblemType.REQUEST_REFUSED,
                violations.size() == 1
                        ? violations.getFirst().detail()
                        : violations.size() + " rules are broken; each is listed",
                violations.stream()
                        .map(violation -> new Problem.Violation(violation.rule(), violation.detail()))
                        .toList());
    }

    static ProblemException refused(String rule, String detail) {
        return refused(List.of(new Violation(rule, detail)));
    }

    /** With the one rule by which an expired identity brings nobody back. */
    static ProblemException comebackRefused(String rule, String detail) {
        return new ProblemException(ProblemType.COMEBACK_REFUSED, detail, List.of(new Problem.Violation(rule, detail)));
    }

    static ProblemException notFound(String what) {
        return new ProblemException(ProblemType.NOT_FOUND, "there is no " + what);
    }

    static ProblemException notPermitted(String detail) {
        return new ProblemException(ProblemType.NOT_PERMITTED, detail);
    }

    ProblemType type() {
        return type;
    }

    Problem problem() {
        return problem;
    }
}
