package dev.certfleet.pki.der;

/** An encoding is not DER, is larger or deeper than allowed, or holds something else than was asked for. */
public final class DerException extends Exception {
    private static final long serialVersionUID = 1L;

    public DerException(String message) {
        super(message);
    }
}
