package dev.certfleet.server.recovery;

/** The database lacks what servers or agents have seen of it: nothing is issued from it until it has caught up. */
public final class DatabaseBehind extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DatabaseBehind() {
        super("the database is behind what was known before", null, false, false);
    }
}
