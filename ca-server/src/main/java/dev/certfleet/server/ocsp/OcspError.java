package dev.certfleet.server.ocsp;

/** OCSPResponseStatus of RFC 6960 section 4.2.1, without {@code successful} and {@code sigRequired}. */
public enum OcspError {
    /** The request is not one, or asks for more certificates than are answered at once. */
    MALFORMED_REQUEST("malformed-request", 1),
    INTERNAL_ERROR("internal-error", 2),
    /** The database cannot be asked. */
    TRY_LATER("try-later", 3),
    /** No certificate in the request is known to have been issued here (RFC 5019 section 2.2.3). */
    UNAUTHORIZED("unauthorized", 6);

    private final String label;
    private final byte[] der;

    OcspError(String label, int code) {
        this.label = label;
        this.der = new byte[] {0x30, 0x03, 0x0a, 0x01, (byte) code};
    }

    /** Its name in metrics. */
    public String label() {
        return label;
    }

    byte[] der() {
        return der.clone();
    }
}
