package dev.certfleet.server.enrolment.document;

/** A document or a set of keys cannot be read or is of a kind that is not taken; the message says what is wrong. */
public final class DocumentFormatException extends Exception {
    private static final long serialVersionUID = 1L;

    DocumentFormatException(String message) {
        super(message);
    }
}
