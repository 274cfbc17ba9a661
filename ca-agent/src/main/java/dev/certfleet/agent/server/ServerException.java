package dev.certfleet.agent.server;

import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.wire.Problem;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Why a request to the server did not give what was asked for; the message is one line. */
public abstract sealed class ServerException extends Exception {
    private static final long serialVersionUID = 1L;

    /** How long the server asks to be left alone; zero where it does not. */
    public Duration retryAfter() {
        return this instanceof Refused refused && refused.retryAfter != null ? refused.retryAfter : Duration.ZERO;
    }

    ServerException(String message, @Nullable Throwable cause) {
        super(Trouble.oneLine(message), cause);
    }

    /** No address answered in time, or not with what a certfleet server answers; the same request may work later. */
    public static final class Unreachable extends ServerException {
        private static final long serialVersionUID = 1L;

        public Unreachable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** What answers is not the server that was pinned or enrolled with. Nothing was sent to it. */
    public static final class Untrusted extends ServerException {
        private static final long serialVersionUID = 1L;

        public Untrusted(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** The server understood and said no. */
    public static final class Refused extends ServerException {
        private static final long serialVersionUID = 1L;

        /** What the types of all problems begin with that a certfleet server knows. */
        static final String TYPES = "urn:certfleet:problem:";

        private static final String IN_PROGRESS = TYPES + "request-in-progress";

        private final int status;
        private final String type;
        private final List<String> rules;
        private final @Nullable Duration retryAfter;

        Refused(Problem problem, @Nullable Duration retryAfter) {
            super(describe(problem), null);
            this.status = problem.status();
            this.type = problem.type();
            this.rules = problem.violations() == null
                    ? List.of()
                    : problem.violations().stream().map(Problem.Violation::rule).toList();
            this.retryAfter = retryAfter;
        }

        /** True for a problem of this name, as in {@code certificate-expired}. */
        public boolean isOf(String name) {
            return type.equals(TYPES + name);
        }

        /** True where this rule is among those that were broken. */
        public boolean breaks(String rule) {
            return rules.contains(rule);
        }

        public int status() {
            return status;
        }

        /** The problem's stable type, for example {@code urn:certfleet:problem:not-authenticated}. */
        public String type() {
            return type;
        }

        /** True where this node's identity is not accepted. */
        public boolean notAuthenticated() {
            return status == 401;
        }

        /** True where the same request may be answered later: the server is busy or broken, not of another opinion. */
        public boolean mayPass() {
            return status >= 500 || status == 429 || status == 408 || status == 425 || type.equals(IN_PROGRESS);
        }

        /** True where rules were broken, by the key perhaps. */
        public boolean breaksRules() {
            return status == 422;
        }

        private static String describe(Problem problem) {
            StringBuilder text = new StringBuilder("the server refuses");
            String detail = problem.detail();
            text.append(": ").append(detail == null || detail.isBlank() ? problem.title() : detail);
            if (problem.violations() != null && !problem.violations().isEmpty()) {
                text.append(problem.violations().stream()
                        .map(violation -> violation.rule() + ": " + violation.detail())
                        .collect(Collectors.joining("; ", " (", ")")));
            }
            text.append(" [")
                    .append(problem.status())
                    .append(' ')
                    .append(problem.type())
                    .append(']');
            return text.toString();
        }
    }
}
