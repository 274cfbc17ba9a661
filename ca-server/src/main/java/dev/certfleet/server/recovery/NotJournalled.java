package dev.certfleet.server.recovery;

/** What was asked is done and committed, but it is not in the journal: a database that is restored would not know of it. */
public final class NotJournalled extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotJournalled(Throwable cause) {
        super("the journal cannot be written: " + cause.getMessage(), cause);
    }
}
