package dev.certfleet.agent;

import java.io.PrintWriter;

/** How a command that failed says so. */
final class Failure {
    private Failure() {}

    /** One line on standard error. @return the exit status that goes with it */
    static int tell(Exception problem, PrintWriter error) {
        int status = switch (problem) {
            case Trouble trouble -> {
                error.println("ca-agent: " + Trouble.oneLine(trouble));
                yield trouble.exitCode().status();
            }
            case InterruptedException interrupted -> {
                error.println("ca-agent: interrupted");
                yield ExitCode.INTERNAL.status();
            }
            default -> {
                StackTraceElement[] trace = problem.getStackTrace();
                error.println("ca-agent: a defect: " + problem.getClass().getSimpleName() + ": "
                        + Trouble.oneLine(problem) + (trace.length == 0 ? "" : " at " + trace[0]));
                yield ExitCode.INTERNAL.status();
            }
        };
        error.flush();
        return status;
    }
}
