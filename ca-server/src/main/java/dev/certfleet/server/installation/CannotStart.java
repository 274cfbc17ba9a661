package dev.certfleet.server.installation;

/** Why the server cannot start: one line that says what is wrong and what to do. Exit code 1. */
public final class CannotStart extends RuntimeException {
    public CannotStart(String line) {
        super(line);
    }

    public CannotStart(String line, Throwable cause) {
        super(line, cause);
    }
}
