package dev.certfleet.agent;

/** What the program's exit status says; documented in docs/agent.md. */
public enum ExitCode {
    OK(0),
    /** A defect of the program itself. */
    INTERNAL(1),
    /** Wrong arguments. */
    USAGE(2),
    /** The settings file is missing, unreadable or wrong. */
    SETTINGS(3),
    /** No server address could be reached, or the one that answered is not the pinned or known server. */
    UNREACHABLE(4),
    /** The server answered and refused. */
    REFUSED(5),
    /** A file could not be read or written. */
    FILES(6),
    /** There is no running agent to ask, another one runs already, or this node is not enrolled. */
    NOT_RUNNING(7),
    /** The command worked and found something that needs attention ({@code doctor}, {@code once}, {@code renew}). */
    ATTENTION(8);

    private final int status;

    ExitCode(int status) {
        this.status = status;
    }

    public int status() {
        return status;
    }
}
