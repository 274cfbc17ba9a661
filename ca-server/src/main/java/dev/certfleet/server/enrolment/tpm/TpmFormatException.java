package dev.certfleet.server.enrolment.tpm;

/** What came is not the TPM structure that it should be, or one that is not taken here; the message says what is wrong. */
public final class TpmFormatException extends Exception {
    private static final long serialVersionUID = 1L;

    TpmFormatException(String message) {
        super(message);
    }
}
