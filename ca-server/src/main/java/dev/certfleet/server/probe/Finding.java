package dev.certfleet.server.probe;

/** What is wrong with something that was fetched, in words for whoever reads the health of the server. */
final class Finding extends Exception {
    private static final long serialVersionUID = 1;

    Finding(String message) {
        super(message);
    }
}
