package dev.certfleet.agent;

/** Something an administrator has to know, in one line, with the exit status that goes with it. */
public final class Trouble extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;

    public Trouble(ExitCode exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    public Trouble(ExitCode exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    public ExitCode exitCode() {
        return exitCode;
    }

    /** The message of any exception as one line without control characters; the type's name where it has none. */
    public static String oneLine(Throwable problem) {
        String message = problem.getMessage();
        String text = message == null || message.isBlank() ? problem.getClass().getSimpleName() : message;
        return oneLine(text);
    }

    /** A text from outside, made safe to print and log: one line, no control characters, at most 500 characters. */
    public static String oneLine(String text) {
        String line = text.strip().replaceAll("[\\p{Cntrl}\\s]+", " ");
        return line.length() <= 500 ? line : line.substring(0, 500) + "…";
    }
}
